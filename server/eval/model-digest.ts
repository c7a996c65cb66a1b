/** Which model it was: the digest of all files that decide what it answers. */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** A model's own evaluation may lie beside it, and changes nothing in it. */
const isPart = (name: string): boolean => /\.(json|jinja|safetensors)$/.test(name) && !/^eval\b/.test(name);

/** SHA-256 over the names and contents of a checkpoint's weights, configuration, tokenizer and templates. */
export async function modelDigest(directory: string): Promise<string> {
  const digest = createHash('sha256');
  for (const name of (await readdir(directory)).filter(isPart).sort()) {
    digest.update(`${name}\n`);
    for await (const chunk of createReadStream(join(directory, name))) digest.update(chunk as Buffer);
  }
  return digest.digest('hex');
}
