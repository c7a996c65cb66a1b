/** From measurements to ratios, goals and a table. */
import { GGUF_TYPES } from './gguf.mjs';
import { runtime } from './runtime.mjs';
import { variantOf } from './variants.mjs';

const { layoutOf } = await runtime();

/** Bits per weight in llama.cpp's formats, with their scales. */
const GGUF_BITS = { F32: 32, Q8_0: 8.5, Q4_0: 4.5 };

/** Bytes of weights that one decoding step reads, by dtype: every matrix once, the embedding only as the head. */
export function weightBytes(spec, dtypes) {
  const bytes = {};
  for (const dtype of dtypes) {
    const { tensors } = layoutOf(spec, variantOf(dtype === 'fp32' ? 'int8' : dtype));
    const read = tensors.filter(({ name }) => spec.tiedHead || name !== 'model.embed_tokens.weight');
    const count = ({ shape }) => shape.reduce((a, b) => a * b, 1);
    const stored = ({ parts }) => parts.reduce((sum, { byteLength }) => sum + byteLength, 0);
    const inGguf = (tensor) => {
      const isTable = /embed_tokens|lm_head/.test(tensor.name);
      const { embeddings, layers } = GGUF_TYPES[dtype];
      const type = tensor.shape.length === 1 ? 'F32' : isTable ? embeddings : layers;
      return (count(tensor) * GGUF_BITS[type]) / 8;
    };
    const sum = (size) => read.reduce((total, tensor) => total + size(tensor), 0);
    const own = sum(dtype === 'fp32' ? (tensor) => 4 * count(tensor) : stored);
    bytes[dtype] = { verity: own, transformers: own, llama: sum(inGguf) };
  }
  return bytes;
}

const DECODES = ['decode', 'decodeBatch4', 'decodeBatch8'];
const RIVALS = { llama: ['node-llama-cpp', 1], transformers: ['transformers.js', 1.5] };

/** Verity's rates over the others', how near decoding comes to the bandwidth, and which goals are met. */
export function goals({ engines, trees, edits, readGBs, weightBytes: bytes }) {
  const ratios = {};
  const list = [];
  const goal = (what, value, target, isMet) => list.push({ goal: what, value, target, met: isMet });
  for (const [key, figures] of Object.entries(engines)) {
    const [engine, dtype] = key.split(' ');
    const own = engines[`verity ${dtype}`];
    if (engine === 'verity' || own === undefined) continue;
    const [name, target] = RIVALS[engine];
    ratios[`${dtype} to ${name}`] = Object.fromEntries(
      ['prefill', 'prefillLong', ...DECODES].map((figure) => [figure, own[figure] / figures[figure]]),
    );
    for (const figure of DECODES) {
      const ratio = own[figure] / figures[figure];
      goal(`${figure} ${dtype} / ${name}`, ratio, target, ratio >= target);
    }
  }
  for (const [dtype, { speedup, decodeSpeedup }] of Object.entries(trees)) {
    goal(`tree / independent, ${dtype}, with the prefix`, speedup, 5, speedup >= 5);
    goal(`tree / independent, ${dtype}, decoding alone`, decodeSpeedup, 5, decodeSpeedup >= 5);
  }
  for (const [dtype, { lastLine }] of Object.entries(edits))
    goal(`first token after an edit / cold, ${dtype}`, lastLine, 0.15, lastLine < 0.15);
  const roofline = Object.fromEntries(
    Object.entries(engines).map(([key, { stepMs, rounds }]) => {
      const [engine, dtype] = key.split(' ');
      const boundMs = bytes[dtype][engine] / (readGBs * 1e6);
      const bestStepMs = Math.min(...rounds.map((round) => round.bestStepMs));
      return [
        key,
        { weightBytes: bytes[dtype][engine], boundMs, stepMs, bestStepMs, share: boundMs / bestStepMs },
      ];
    }),
  );
  return { ratios, roofline, goals: list };
}

const megabytes = (bytes) => (bytes / 1e6).toFixed(0);
const percent = (share) => `${(100 * share).toFixed(0)} %`;

/** Readable, and Markdown. */
export function table(result) {
  const { sizes, engines, roofline, agreement } = result;
  const { cpu, cores, threads } = result.machine;
  const lines = [
    `${result.checkpoint.name}, ${(result.checkpoint.parameters / 1e6).toFixed(0)} M parameters; ${cpu}, ${cores} cores, ` +
      `${threads} threads; load ${result.load.before} before, ${result.load.after} after; reads ${result.readGBs.toFixed(1)} GB/s`,
    '',
    '| engine | same tokens | prefill ' +
      `${sizes.prompt} | prefill ${sizes.longPrompt} | decode | batch 4 | batch 8 | step, ms | best | of bound | memory, MB | rounds |`,
    `|---|${'---:|'.repeat(11)}`,
  ];
  for (const [key, figures] of Object.entries(engines)) {
    const rates = ['prefill', 'prefillLong', ...DECODES].map((figure) => figures[figure].toFixed(1));
    const { stepMs, bestStepMs, share } = roofline[key];
    const cells = [
      key,
      percent(agreement[key]),
      ...rates,
      stepMs.toFixed(1),
      bestStepMs.toFixed(1),
      percent(share),
      megabytes(figures.residentBytes),
      figures.rounds.length,
    ];
    lines.push(`| ${cells.join(' | ')} |`);
  }
  lines.push(
    '',
    'Rates in tokens per second. Of bound: reading each weight once, against the best step behind 512 positions.',
    '',
    '| goal | measured | aim | |',
    '|---|---:|---:|---|',
  );
  for (const { goal, value, target, met } of result.goals)
    lines.push(`| ${goal} | ${value.toFixed(2)} | ${target} | ${met ? 'met' : 'missed'} |`);
  const [first] = result.profile.steps;
  const parts = Object.keys(first.parts);
  lines.push(
    '',
    `A step of ${result.profile.engine}, ms:`,
    '',
    `| context | as seen | in ONNX Runtime | ${parts.join(' | ')} | between operators |`,
    `|---${'|---:'.repeat(parts.length + 3)}|`,
  );
  for (const step of result.profile.steps) {
    const cells = [step.wall, step.run, ...parts.map((part) => step.parts[part]), step.betweenOperators];
    lines.push(`| ${step.context} | ${cells.map((value) => value.toFixed(2)).join(' | ')} |`);
  }
  return lines.join('\n');
}
