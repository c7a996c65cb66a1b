/**
 * fp32, int8 and int4 side by side on one checkpoint: time to load, memory held, decoding and prefill, each in a process
 * of its own, the dtypes taking turns; medians over the rounds.
 *
 *   npm run bench -- quantization [--checkpoint DIR | --shape qwen2.5-0.5b] [--rounds 3] [--threads 2] [--out FILE]
 *
 * Without --checkpoint a random one is written to the temporary folder and removed at the end.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { measure } from './lib/child.mjs';
import { writeRandomCheckpoint } from './lib/random-checkpoint.mjs';
import { median } from './lib/statistics.mjs';

const { values } = parseArgs({
  options: {
    checkpoint: { type: 'string' },
    shape: { type: 'string', default: 'qwen2.5-0.5b' },
    rounds: { type: 'string', default: '3' },
    threads: { type: 'string', default: String(cpus().length) },
    variants: { type: 'string', default: 'fp32,int8,int4' },
    out: { type: 'string', default: join(import.meta.dirname, 'results/quantization.json') },
  },
});

const temporary = await mkdtemp(join(tmpdir(), 'verity-bench-'));
try {
  const checkpoint = values.checkpoint ?? join(temporary, 'checkpoint');
  if (values.checkpoint === undefined) await writeRandomCheckpoint(checkpoint, values.shape);
  const variants = values.variants.split(',');
  const child = (task, variant) =>
    measure('measure-quantization.mjs', {
      task,
      variant,
      checkpoint,
      cacheDir: join(temporary, 'cache'),
      threads: Number(values.threads),
    });

  const quantized = {};
  for (const variant of variants.filter((name) => name !== 'fp32'))
    quantized[variant] = await child('quantize', variant);
  const runs = Object.fromEntries(variants.map((variant) => [variant, []]));
  const readGBs = [];
  for (let round = 0; round < Number(values.rounds); round++) {
    readGBs.push((await child('bandwidth', '')).readGBs);
    for (const variant of variants) runs[variant].push(await child('run', variant));
    process.stderr.write(`round ${round + 1} of ${values.rounds}\n`);
  }
  const result = {
    machine: {
      cpu: cpus()[0].model,
      cores: cpus().length,
      node: process.version,
      threads: Number(values.threads),
    },
    checkpoint: values.checkpoint ?? `random ${values.shape}`,
    rounds: Number(values.rounds),
    readGBs: Math.max(...readGBs),
    quantize: quantized,
    variants: Object.fromEntries(
      variants.map((variant) => [variant, summary(runs[variant], Math.max(...readGBs))]),
    ),
  };
  await mkdir(dirname(values.out), { recursive: true });
  await writeFile(values.out, `${JSON.stringify(result, null, 2)}\n`);
  console.log(JSON.stringify(result, null, 2));
} finally {
  await rm(temporary, { recursive: true });
}

/** Medians of each figure, and how near decoding comes to reading each weight once a token. */
function summary(runs, readGBs) {
  const medians = Object.fromEntries(
    Object.keys(runs[0]).map((key) => [key, median(runs.map((run) => run[key]))]),
  );
  const boundMs = medians.bytesPerToken / (readGBs * 1e6);
  return {
    ...medians,
    bandwidthBoundMs: boundMs,
    shareOfBound: boundMs / medians.decodeMs,
    bestDecodeMs: Math.min(...runs.map((run) => run.bestDecodeMs)),
    bestPrefillTokensPerSecond: Math.max(...runs.map((run) => run.bestPrefillTokensPerSecond)),
    loadedPerWeightByte: medians.heldAfterLoadBytes / medians.weightBytes,
    heldPerWeightByte: medians.heldBytes / medians.weightBytes,
  };
}
