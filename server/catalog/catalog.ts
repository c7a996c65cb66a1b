/**
 * Checkpoints that are worth loading, by what they do. Everything here is what their authors say; nothing was loaded or
 * run by us. `checked` says what of it stands in files that we have read.
 */
import type { Role } from './resolve.ts';

export interface CatalogEntry {
  id: string;
  roles: readonly Role[];
  /** Billions, from the name: files are some percent off. */
  parameters: number;
  licence: string;
  /** Tokens that its configuration allows; Verity keeps to less where memory asks for it. */
  contextLength: number;
  /** Needs a token of an account that has accepted the licence. */
  isGated?: true;
  /** `id`: the name stands in the authors' repository. `nothing`: from memory, look before you rely on it. */
  checked: 'id' | 'nothing';
  /** What it is good for, in a few words. */
  purpose: string;
}

const rmR1 = (line: 'Qwen2.5-Instruct' | 'DeepSeek-Distilled-Qwen', parameters: number): CatalogEntry => ({
  id: `gaotang/RM-R1-${line}-${parameters}B`,
  roles: ['judge'],
  parameters,
  licence: line === 'Qwen2.5-Instruct' ? 'see the model card' : 'MIT',
  contextLength: 32_768,
  checked: 'id',
  purpose:
    line === 'Qwen2.5-Instruct'
      ? 'judge with rubrics; the authors report the better chat results'
      : 'judge that thinks first; the authors report the better code and mathematics results',
});

const qwen = (series: 'Qwen3' | 'Qwen2.5' | 'Qwen2.5-Coder', parameters: number): CatalogEntry => ({
  id: `Qwen/${series}-${parameters}B${series === 'Qwen3' ? '' : '-Instruct'}`,
  roles: ['policy', 'deduction'],
  parameters,
  licence: parameters === 3 ? 'Qwen Research (no commercial use)' : 'Apache-2.0',
  contextLength: 32_768,
  checked: 'nothing',
  purpose: series === 'Qwen2.5-Coder' ? 'code' : 'general; LatentMAS was measured on the larger Qwen3',
});

export const CATALOG: readonly CatalogEntry[] = [
  ...[7, 14, 32].map((size) => rmR1('DeepSeek-Distilled-Qwen', size)),
  ...[7, 14, 32].map((size) => rmR1('Qwen2.5-Instruct', size)),
  {
    id: 'meta-llama/Llama-Guard-3-1B',
    roles: ['safety'],
    parameters: 1.5,
    licence: 'Llama 3.2 Community',
    contextLength: 131_072,
    isGated: true,
    checked: 'id',
    purpose: 'base of Saffron-1-1B, and a process reward model by itself',
  },
  ...[0.6, 1.7, 4, 8, 14].map((size) => qwen('Qwen3', size)),
  ...[0.5, 1.5, 3, 7].map((size) => qwen('Qwen2.5-Coder', size)),
  ...[0.5, 1.5, 3, 7].map((size) => qwen('Qwen2.5', size)),
];

/** Bits per weight as the runtime holds them, scales included. */
const BITS = { int4: 4.5, int8: 8.1 } as const;

/** Beside the weights: a process, and K/V of a few thousand tokens. */
const OVERHEAD_BYTES = 700e6;

/** Bytes of memory that a model of so many billion parameters takes; an estimate from its name alone. */
export const memoryFor = (parameters: number, dtype: keyof typeof BITS): number =>
  (parameters * 1e9 * BITS[dtype]) / 8 + OVERHEAD_BYTES;

/** The dtype that keeps most of a model's quality in so much memory; undefined if none fits. */
export function fittingDtype(parameters: number, bytes: number): 'int8' | 'int4' | undefined {
  return (['int8', 'int4'] as const).find((dtype) => memoryFor(parameters, dtype) <= bytes);
}
