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

/** Medians over the wanted forwards. */
function summary(events, wanted) {
  const forwards = events.filter(({ name }) => name === 'model_run').sort((a, b) => a.ts - b.ts);
  const nodes = events.filter(({ cat, name }) => cat === 'Node' && name.endsWith('_kernel_time'));
  const steps = wanted.map((index) => {
    const { ts, dur } = forwards[index];
    const own = nodes.filter((node) => node.ts >= ts && node.ts <= ts + dur);
    const inOperators = own.reduce((sum, node) => sum + node.dur, 0);
    return {
      run: dur / 1000,
      betweenOperators: (dur - inOperators) / 1000,
      parts: sums(own, partOf),
      operators: sums(own, ({ args }) => args.op_name),
    };
  });
  const middle = (of) => median(steps.map(of));
  const middles = (what) =>
    Object.fromEntries(
      Object.keys(steps[0][what]).map((key) => [key, middle((step) => step[what][key] ?? 0)]),
    );
  return {
    run: middle(({ run }) => run),
    betweenOperators: middle(({ betweenOperators }) => betweenOperators),
    parts: middles('parts'),
    operators: middles('operators'),
  };
}

const partOf = ({ name }) => PARTS.find(([, pattern]) => pattern.test(name))?.[0] ?? 'other';

/** Milliseconds of the nodes of each kind. */
function sums(nodes, kindOf) {
  const total = {};
  for (const node of nodes) total[kindOf(node)] = (total[kindOf(node)] ?? 0) + node.dur / 1000;
  return total;
}
