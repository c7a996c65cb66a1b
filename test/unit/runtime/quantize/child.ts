/** A process that quantizes: `child.mjs CHECKPOINT CACHE [hang|hold]`. It prints the entry and ends, or hangs in the
 * middle, or holds the entry until it is killed. */
import { writeSync } from 'node:fs';
import { openCheckpoint } from '../../../../server/runtime/checkpoint.ts';
import { VerityError } from '../../../../server/runtime/errors.ts';
import { openQuantized } from '../../../../server/runtime/quantize/cache.ts';
import { QUANTIZATIONS } from '../../../../server/runtime/quantize/options.ts';

const [, , checkpoint = '', cache = '', mode] = process.argv;

/** Says where it is and never comes back. */
function hang(done: number, total: number): void {
  if (done < total / 2) return;
  writeSync(1, 'half\n');
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
}

try {
  const hooks = mode === 'hang' ? { onProgress: hang } : {};
  const weights = await openQuantized(await openCheckpoint(checkpoint), QUANTIZATIONS.int4, cache, hooks);
  console.log(weights.folder);
  if (mode === 'hold') setInterval(() => undefined, 1000);
} catch (error) {
  if (!(error instanceof VerityError)) throw error;
  process.stderr.write(`${error.kind}: ${error.message}\n`);
  process.exitCode = 2;
}
