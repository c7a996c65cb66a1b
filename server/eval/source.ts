/** Reads a benchmark's files: JSON arrays, JSON lines, or a folder of them. */
import { createHash } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { z } from 'zod';
import { VerityError } from '../runtime/errors.ts';

export interface Source {
  /** The records in the order of the files. */
  records: { value: unknown; place: string }[];
  /** SHA-256 over all bytes. */
  digest: string;
}

/** @throws VerityError badInput if a file cannot be read, is no JSON, or there is nothing in it. */
export async function readSource(path: string): Promise<Source> {
  const digest = createHash('sha256');
  const records: Source['records'] = [];
  for (const file of await filesOf(path)) {
    const text = await readFile(file, 'utf8').catch(() => {
      throw new VerityError('badInput', `Cannot read ${file}.`);
    });
    digest.update(text);
    records.push(...parseRecords(text, file));
  }
  if (records.length === 0) throw new VerityError('badInput', `${path} holds no records.`);
  return { records, digest: digest.digest('hex') };
}

/** The file itself, or a folder's JSON files with those of its folders, by name. */
async function filesOf(path: string): Promise<string[]> {
  const isFolder = await stat(path).then(
    (info) => info.isDirectory(),
    () => false,
  );
  if (!isFolder) return [path];
  const names = await readdir(path, { recursive: true });
  return names
    .filter((name) => /\.jsonl?$/.test(name))
    .sort()
    .map((name) => join(path, name));
}

function parseRecords(text: string, file: string): Source['records'] {
  if (text.trimStart().startsWith('['))
    return (parseJson(text, file) as unknown[]).map((value, index) => ({
      value,
      place: `${file}, record ${index + 1}`,
    }));
  return text.split('\n').flatMap((line, index) => {
    const place = `${file}:${index + 1}`;
    return line.trim() === '' ? [] : [{ value: parseJson(line, place), place }];
  });
}

function parseJson(text: string, place: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new VerityError('badInput', `${place} is not JSON.`);
  }
}

/** @throws VerityError badInput with the first field that is missing or wrong. */
export function parseRecord<Schema extends z.ZodType>(
  schema: Schema,
  { value, place }: Source['records'][number],
  what: string,
): z.output<Schema> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  throw new VerityError(
    'badInput',
    `${place} is not ${what}: ${issue?.path.join('.') || 'the record'}: ${issue?.message ?? 'not valid'}. Is --format right?`,
  );
}
