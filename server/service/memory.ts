/** How much memory models may take, and about how much one will take before anyone has measured it. */
import { readFile } from 'node:fs/promises';
import { totalmem } from 'node:os';
import { join } from 'node:path';
import { decoderSpec } from '../runtime/architectures.ts';
import { bytesPerPosition } from '../runtime/kv-cache.ts';
import { layoutOf } from '../runtime/quantize/layout.ts';
import { type DtypeChoice, QUANTIZATIONS, resolveDtype } from '../runtime/quantize/options.ts';
import { Weights } from '../runtime/weights.ts';

/** A worker's resident memory without weights and cache: 95 to 103 MiB measured on Linux. */
const PROCESS_BYTES = 100 * 2 ** 20;

/** Block-quantized weights are packed anew when they are loaded, beside what is read of their file. */
const PACKING = 1.2;

/** 16-bit weights are read, and held once more as the float32 that the CPU computes with. */
const WIDENED = 3;

/** Most models never cache more than this; what they do cache is measured. */
const CACHE_BYTES = 2 ** 29;

/** Of the machine's memory, or of what the container allows. */
export function machineMemory(): number {
  const allowed = process.constrainedMemory();
  return allowed > 0 ? Math.min(allowed, totalmem()) : totalmem();
}

/** Leaves the other half to the editor and everything else. */
export const defaultMemoryLimit = (): number => machineMemory() / 2;

/** Resident bytes that a checkpoint will take; 0 if it cannot be read, which loading it will explain. */
export async function estimateMemory(directory: string, choice: DtypeChoice): Promise<number> {
  try {
    const configFile = join(directory, 'config.json');
    const spec = decoderSpec(JSON.parse(await readFile(configFile, 'utf8')), configFile);
    const { byteLength, parameters } = await Weights.open(directory);
    const dtype = resolveDtype(choice, byteLength);
    const isWide = byteLength >= 4 * parameters;
    const weights =
      dtype === 'fp32'
        ? byteLength * (isWide ? 1 : WIDENED)
        : layoutOf(spec, QUANTIZATIONS[dtype]).byteLength * PACKING;
    return PROCESS_BYTES + weights + Math.min(CACHE_BYTES, spec.contextLength * bytesPerPosition(spec));
  } catch {
    return 0;
  }
}
