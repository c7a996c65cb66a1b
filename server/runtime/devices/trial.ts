/** The probe's work: the tiny model on a device and on the CPU, compared. Runs in the probe's process. */
import { causalMask } from '../attention/causal-mask.ts';
import { DecoderSession } from '../session.ts';
import type { GraphWeights } from '../stored.ts';
import type { Accelerator, Device, ProbeFailure, ProbeResult } from './device.ts';
import { TINY, writeTinyModel } from './tiny-model.ts';

const PROMPT = 128;
const STEPS = 4;
const CAPACITY = PROMPT + STEPS;

/** float32 on another device differs from the CPU's by some 1e-5. */
const TOLERANCE = 1e-3;

/**
 * Positions per forward to try, the most first. From 32 on, ONNX Runtime 1.30 takes another attention kernel on
 * WebGPU, which relies on subgroups and is wrong where these are too narrow (4 lanes of SwiftShader, for one).
 */
const ROW_LIMITS = [PROMPT, 31];

interface Trial {
  /** Of every position. */
  logits: Float32Array;
  ms: number;
}

/** Tries a device. `folder` is an empty one. */
export async function tryDevice(device: Accelerator, folder: string): Promise<ProbeResult> {
  try {
    const weights = await writeTinyModel(folder);
    const [cpu] = await trials('cpu', weights, [PROMPT]);
    const candidates = await trials(device, weights, ROW_LIMITS);
    const errors = candidates.map(({ logits }) => relativeError(logits, cpu!.logits));
    const index = errors.findIndex((error) => error < TOLERANCE);
    if (index < 0) return wrongNumbers(Math.min(...errors));
    const { ms } = candidates[index]!;
    return {
      works: true,
      ms,
      cpuMs: cpu!.ms,
      error: errors[index]!,
      rowLimit: index === 0 ? null : ROW_LIMITS[index]!,
    };
  } catch (error) {
    return explain(error instanceof Error ? error.message : String(error));
  }
}

async function trials(device: Device, weights: GraphWeights, rowLimits: number[]): Promise<Trial[]> {
  const session = await DecoderSession.create(TINY, weights, { device });
  await session.arrange({ capacity: CAPACITY, moves: [] });
  const results: Trial[] = [];
  for (const rowLimit of rowLimits) {
    // The first run compiles what the second one is timed with.
    await trial(session, rowLimit);
    results.push(await trial(session, rowLimit));
  }
  await session.dispose();
  return results;
}

/** A prompt, some cached slots moved over others, and some single tokens. */
async function trial(session: DecoderSession, rowLimit: number): Promise<Trial> {
  const startedAt = performance.now();
  const logits = new Float32Array(CAPACITY * TINY.vocabSize);
  for (let past = 0; past < CAPACITY;) {
    const count = Math.min(rowLimit, past < PROMPT ? PROMPT - past : 1);
    const rows = Array.from({ length: count }, (_, row) => row);
    const positions = rows.map((row) => past + row);
    const output = await session.forward({
      contents: positions.map((position) => (position * 7 + 5) % TINY.vocabSize),
      positions,
      past,
      mask: causalMask(past, count),
      rows,
    });
    logits.set(output.logits, past * TINY.vocabSize);
    past += count;
    if (past === PROMPT) await session.arrange({ capacity: CAPACITY, moves: MOVES });
  }
  return { logits, ms: performance.now() - startedAt };
}

/** What attention sees changes with them: 64 to 79 are lost, and 96 to 111 are there twice. */
const MOVES = [
  { from: 0, to: 64, count: 16 },
  { from: 96, to: 0, count: 16 },
];

/** max |actual − reference| / max |reference|; NaN, which is below no tolerance, if any value is none. */
function relativeError(actual: Float32Array, reference: Float32Array): number {
  let difference = 0;
  let scale = 0;
  for (const [i, value] of reference.entries()) {
    difference = Math.max(difference, Math.abs(actual[i]! - value));
    scale = Math.max(scale, Math.abs(value));
  }
  return difference / scale;
}

const wrongNumbers = (error: number): ProbeFailure => ({
  works: false,
  cause: 'wrongNumbers',
  message: `it computes wrong numbers (${error.toExponential(1)} off the CPU's), which points to its driver`,
});

/** What ONNX Runtime's refusal means. */
function explain(message: string): ProbeFailure {
  if (/adapter/i.test(message))
    return {
      works: false,
      cause: 'noAdapter',
      message: 'no graphics adapter with a working driver was found',
    };
  if (/load shared library|not (available|supported|enabled)/i.test(message))
    return { works: false, cause: 'notBundled', message: 'its part of ONNX Runtime is not installed' };
  return { works: false, cause: 'failed', message: `ONNX Runtime says ${firstLine(message)}` };
}

const firstLine = (text: string): string => text.trim().split('\n')[0]!.slice(0, 300);
