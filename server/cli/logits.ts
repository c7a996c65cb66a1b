/** `verity logits`: numbers for parity checks on any checkpoint. */
import type { DevicePreference } from '../runtime/devices/device.ts';
import type { DtypeChoice } from '../runtime/quantize/options.ts';
import { WorkerModel } from '../runtime/worker/client.ts';
import { workerFile } from '../bundle.ts';
import { Progress } from './print.ts';

export interface LogitsOptions {
  tokens: number[];
  dtype: DtypeChoice;
  device: DevicePreference;
}

/** Prints `{logits: [[…]], hidden: [[…]]}`, one row per position. */
export async function printLogits(
  checkpoint: string,
  { tokens, dtype, device }: LogitsOptions,
  signal: AbortSignal,
): Promise<void> {
  const progress = new Progress();
  const model = await WorkerModel.start(
    workerFile,
    checkpoint,
    { dtype, device, freshProbe: device !== 'auto' },
    { signal, onProgress: (done, total) => progress.quantized(Math.floor((100 * done) / total)) },
  );
  progress.end();
  try {
    const { logits, hidden } = await model.evaluate(tokens, signal);
    const { vocabSize, hiddenSize } = model.info;
    console.log(JSON.stringify({ logits: rows(logits, vocabSize), hidden: rows(hidden, hiddenSize) }));
  } finally {
    await model.dispose();
  }
}

function rows(values: Float32Array, width: number): number[][] {
  return Array.from({ length: values.length / width }, (_, row) => [
    ...values.subarray(row * width, (row + 1) * width),
  ]);
}
