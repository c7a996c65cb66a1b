/** The committed random checkpoints and what PyTorch computes for them (test/fixtures/checkpoints/). */
import { cp, mkdtemp, open, readFile, realpath, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { VerityError, type VerityErrorKind } from '../../../server/runtime/errors.ts';
import type { ChatMessage, GenerateRequest } from '../../../server/runtime/language-model.ts';
import { GREEDY } from '../../../server/runtime/language-model.ts';
import { openCheckpoint } from '../../../server/runtime/checkpoint.ts';
import { DecoderSession } from '../../../server/runtime/session.ts';
import { readSafetensorsHeader } from '../../../server/runtime/safetensors.ts';

const ROOT = join(import.meta.dirname, '../../fixtures/checkpoints');

/** Each differs in architecture, head ratio, RoPE scaling, type, ties and files, as its name says. */
export const CHECKPOINTS = [
  'llama3-gqa',
  'llama-yarn-mha-f16',
  'llama-linear-mqa-bf16',
  'qwen2-tied-f16',
  'qwen3-sharded',
] as const;
export type CheckpointName = (typeof CHECKPOINTS)[number];

export const checkpointDirectory = (name: CheckpointName): string => join(ROOT, name);

export async function openSession(name: CheckpointName): Promise<DecoderSession> {
  const { spec, weights } = await openCheckpoint(checkpointDirectory(name));
  return DecoderSession.create(spec, weights, { threads: 1 });
}

interface Golden {
  prompt: number[];
  greedy: number[];
  texts: { text: string; ids: number[] }[];
  chats: { messages: ChatMessage[]; ids: number[] }[];
}

export async function golden(name: CheckpointName): Promise<Golden> {
  return JSON.parse(await readFile(join(ROOT, name, 'golden.json'), 'utf8')) as Golden;
}

/** PyTorch's float32 outputs: [40, vocab], [40, hidden], and [16, vocab] for the steps after the prompt. */
export async function goldenTensors(
  name: CheckpointName,
): Promise<Record<'prefill_logits' | 'prefill_hidden' | 'decode_logits', Float32Array>> {
  const file = join(ROOT, name, 'golden.safetensors');
  const header = await readSafetensorsHeader(file);
  const handle = await open(file);
  try {
    const read = async (tensor: string) => {
      const { offset, byteLength } = header.get(tensor)!;
      const values = new Float32Array(byteLength / 4);
      await handle.read(new Uint8Array(values.buffer), 0, byteLength, offset);
      return values;
    };
    return {
      prefill_logits: await read('prefill_logits'),
      prefill_hidden: await read('prefill_hidden'),
      decode_logits: await read('decode_logits'),
    };
  } finally {
    await handle.close();
  }
}

/** max |actual − reference| / max |reference|; NaN if any value is none. */
export function relativeError(actual: Float32Array, reference: Float32Array): number {
  expect(actual.length).toBe(reference.length);
  let difference = 0;
  let scale = 0;
  for (let i = 0; i < actual.length; i++) {
    // Math.max keeps a NaN, so a value that is no number fails every bound.
    difference = Math.max(difference, Math.abs(actual[i]! - reference[i]!));
    scale = Math.max(scale, Math.abs(reference[i]!));
  }
  return difference / scale;
}

/** A copy of a fixture that the running test may damage. */
export async function copyOf(name: CheckpointName): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'verity-checkpoint-')));
  onTestFinished(() => rm(directory, { recursive: true }));
  await cp(checkpointDirectory(name), directory, { recursive: true });
  return directory;
}

type Json = Record<string, unknown>;

/** Rewrites a JSON file of a copied checkpoint. */
export async function editJson(directory: string, name: string, edit: (json: Json) => Json): Promise<void> {
  const file = join(directory, name);
  await writeFile(file, JSON.stringify(edit(JSON.parse(await readFile(file, 'utf8')) as Json)));
}

export const greedyRequest = (
  parts: Extract<GenerateRequest['prompt'], { kind: 'parts' }>['parts'],
  more: Partial<GenerateRequest> = {},
): GenerateRequest => ({
  prompt: { kind: 'parts', parts },
  maxNewTokens: 16,
  sampling: GREEDY,
  stop: [],
  topLogprobs: 0,
  ...more,
});

/** Expects a VerityError of one kind whose message is one line and matches. */
export async function expectVerityError(
  action: Promise<unknown>,
  kind: VerityErrorKind,
  message: RegExp,
): Promise<void> {
  const error: unknown = await action.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(error).toBeInstanceOf(VerityError);
  const { kind: actualKind, message: text } = error as VerityError;
  expect(text).toMatch(message);
  expect(text).not.toContain('\n');
  expect(actualKind).toBe(kind);
}
