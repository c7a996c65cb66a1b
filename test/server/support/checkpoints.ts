/** Checkpoints for tests of the server: copies of the committed random ones, changed as a test needs. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { copyOf, editJson } from '../../unit/runtime/fixtures.ts';

/** With room for the judge's prompt, which the fixtures' 512 positions do not give. */
export async function roomyJudge(): Promise<string> {
  const directory = await copyOf('llama3-gqa');
  await editJson(directory, 'config.json', (config) => ({ ...config, max_position_embeddings: 8192 }));
  return directory;
}

/** Writes noise to its limit of 2,048 tokens in each order: time enough to cancel or kill it. Never a verdict. */
export async function endlessJudge(): Promise<string> {
  const directory = await roomyJudge();
  for (const file of ['config.json', 'generation_config.json'])
    await editJson(directory, file, (json) => ({ ...json, eos_token_id: null }));
  return directory;
}

interface TensorEntry {
  dtype: string;
  shape: number[];
  data_offsets: [number, number];
}

export const weightsOf = (directory: string): string => join(directory, 'model.safetensors');

/** Rewrites the safetensors header and, where wanted, the data behind it. */
export async function editWeights(
  directory: string,
  edit: (tensors: Record<string, TensorEntry>, data: Buffer) => void,
): Promise<void> {
  const content = await readFile(weightsOf(directory));
  const end = 8 + Number(content.readBigUInt64LE());
  const tensors = JSON.parse(content.toString('utf8', 8, end)) as Record<string, TensorEntry>;
  const data = content.subarray(end);
  edit(tensors, data);
  const header = Buffer.from(JSON.stringify(tensors));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(header.length));
  await writeFile(weightsOf(directory), Buffer.concat([length, header, data]));
}
