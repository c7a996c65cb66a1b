/** Where the time of a decoding step goes, by ONNX Runtime's own profiler. */
import { readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { forwardFrom, reserve } from './sequence.mjs';

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
 * Decodes behind contexts of the given lengths, below the engine, and sums up operators of the fastest step, in
 * milliseconds: `wall` as this process sees it, `run` as ONNX Runtime does. Profiling itself takes some time of each operator.
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
    walls.push(Math.min(...times));
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

/** The fastest of the wanted forwards: what others on the machine took is least in it. */
function summary(events, wanted) {
  const forwards = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const { ts, dur } = wanted.map((index) => forwards[index]).reduce((a, b) => (a.dur <= b.dur ? a : b));
  const nodes = events.filter(
    (event) =>
      event.cat === 'Node' && event.name.endsWith('_kernel_time') && event.ts >= ts && event.ts <= ts + dur,
  );
  const inOperators = nodes.reduce((sum, node) => sum + node.dur, 0);
  return {
    run: dur / 1000,
    betweenOperators: (dur - inOperators) / 1000,
    parts: sums(nodes, partOf),
    operators: sums(nodes, ({ args }) => args.op_name),
  };
}

const partOf = ({ name }) => PARTS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';

/** Milliseconds of the nodes of each kind. */
function sums(nodes, kindOf) {
  const total = {};
  for (const node of nodes) total[kindOf(node)] = (total[kindOf(node)] ?? 0) + node.dur / 1000;
  return total;
}
