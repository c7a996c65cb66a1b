/** Where the time of a decoding step goes, by ONNX Runtime's own profiler. */
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { forwardFrom, reserve } from './sequence.mjs';
import { median } from './statistics.mjs';

const STEPS = 16;
const WARM_UP = 4;

/** Parts of a step, by the names that Verity's graph gives its nodes. The first that matches counts. */
const PARTS = [
  ['attention', /^(attention\.|(query|key|value)_heads\.|query\.\d|new_(key|value)\.)/],
  ['head', /^logits/],
  ['matrix products', /_proj\.out/],
  ['norms', /(layernorm|model\.norm|_norm)/],
  ['RoPE', /self_attn\.[qk](_|$)/],
  ['activation', /mlp\.(silu|product)/],
];

/**
 * Decodes behind contexts of the given lengths, below the engine, and sums up operators; all in milliseconds a step,
 * `wall` as this process sees it, `run` as ONNX Runtime does. Profiling itself takes some time of each operator.
 */
export async function profileSteps({ session, spec, endProfiling }, { contexts, tokens, chunk, folder }) {
  await reserve(session, spec.contextLength);
  const walls = [];
  let past = 0;
  const runs = [];
  let forwards = 0;
  for (const context of contexts) {
    for (; past < context; past += chunk, forwards++)
      await forwardFrom(session, past, tokens.slice(past, past + chunk), [chunk - 1]);
    const times = [];
    for (let step = 0; step < WARM_UP + STEPS; step++, forwards++) {
      const started = performance.now();
      await forwardFrom(session, context, [tokens[step]], [0]);
      if (step < WARM_UP) continue;
      times.push(performance.now() - started);
      runs.push({ context, index: forwards });
    }
    walls.push(median(times));
  }
  endProfiling();
  const [file] = await readdir(folder);
  const events = JSON.parse(await readFile(join(folder, file), 'utf8'));
  await rm(folder, { recursive: true });
  return contexts.map((context, index) => ({
    context,
    wall: walls[index],
    ...summary(
      events,
      runs.filter((run) => run.context === context).map((run) => run.index),
    ),
  }));
}

function summary(events, wanted) {
  const runs = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const nodes = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  const parts = {};
  const operators = {};
  const times = wanted.map((index) => runs[index]);
  for (const { ts, dur, name, args } of nodes) {
    if (!times.some((run) => ts >= run.ts && ts <= run.ts + run.dur)) continue;
    const part = PARTS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';
    parts[part] = (parts[part] ?? 0) + dur / 1000 / times.length;
    operators[args.op_name] = (operators[args.op_name] ?? 0) + dur / 1000 / times.length;
  }
  const run = times.reduce((sum, { dur }) => sum + dur, 0) / 1000 / times.length;
  return { run, betweenOperators: run - Object.values(parts).reduce((a, b) => a + b, 0), parts, operators };
}
