/**
 * The judge (RM-R1): reads the pair in both orders, takes a verdict only where the output states one, and answers
 * only where both orders agree. Swapping the order exposes position bias, the best known flaw of such judges.
 */
import type { Judgment, Order, OrderJudgment } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';
import { type Generation, GREEDY, type LanguageModel, type Sampling } from '../runtime/language-model.ts';
import { scaled } from './calibration.ts';
import { trimContext } from './context.ts';
import { splitLines } from './line-diff.ts';
import { mean } from './numbers.ts';
import type { CodePair, PromptFamily } from './prompts/family.ts';
import { parseTags, readableEvaluation, swapReasoning, type TaggedOutput } from './tags.ts';
import { type Letter, majority } from './votes.ts';

export interface JudgeHooks {
  /** Text as it is written, in the letters of its own order; of several samples, the first one's. */
  onText?: (order: Order, delta: string) => void;
  signal?: AbortSignal | undefined;
}

export interface JudgeOptions extends JudgeHooks {
  /** voting@k: this many samples per order and the majority of their verdicts, instead of one greedy reading. */
  votes?: number | undefined;
}

/** Alternatives recorded per token: enough to hold the rival of a decisive one. */
const TOP_LOGPROBS = 12;

/** The temperature and top-p of the paper's rollouts; sample i has seed i, so that a judgment can be repeated. */
const sampled = (seed: number): Sampling => ({ ...GREEDY, temperature: 1, topP: 1, seed });

/** Unchanged lines kept around changes, tried from much to none until the prompt fits. */
const CONTEXT_LINES = [Infinity, 60, 30, 15, 8, 4, 2, 0];

/**
 * Judges version A against version B.
 * @throws VerityError badInput if they do not differ, contextOverflow if even the changed lines alone do not fit.
 */
export async function judgePair(
  model: LanguageModel,
  family: PromptFamily,
  pair: CodePair,
  options: JudgeOptions = {},
): Promise<Judgment> {
  if (sameCode(pair))
    throw new VerityError('badInput', 'The two versions do not differ, so there is nothing to judge.');
  if (pair.conversation !== undefined && !family.readsConversations)
    throw new VerityError(
      'badInput',
      `${model.info.id} compares code alone; choose a chat model to judge replies in a conversation.`,
    );
  const fitting = await fitToContext(model, family, pair);
  const started = performance.now();
  let firstTokenMs = 0;
  const onText = (order: Order, delta: string) => {
    firstTokenMs ||= performance.now() - started;
    options.onText?.(order, delta);
  };
  const orders = await allOrNone(options.signal, (signal) =>
    (['AB', 'BA'] as const).map((order) =>
      judgeOrder(model, family, fitting, order, { ...options, onText, signal }),
    ),
  );
  const timings = { firstTokenMs, totalMs: performance.now() - started };
  return summarize(orders, family, model.info.id, timings);
}

/** Runs tasks at once, so that they share what they have in common; the first failure cancels the others. */
async function allOrNone<Result>(
  signal: AbortSignal | undefined,
  start: (signal: AbortSignal) => Promise<Result>[],
): Promise<Result[]> {
  const failure = new AbortController();
  const tasks = start(AbortSignal.any([failure.signal, ...(signal ? [signal] : [])]));
  try {
    return await Promise.all(tasks);
  } catch (error) {
    failure.abort(error);
    await Promise.allSettled(tasks);
    throw error;
  }
}

/** Equal but for blank lines and white space at line ends: then no judge has anything to see. */
export function sameCode({ a, b }: Pick<CodePair, 'a' | 'b'>): boolean {
  const bare = (text: string) =>
    splitLines(text)
      .map((line) => line.trimEnd())
      .filter((line) => line !== '')
      .join('\n');
  return bare(a) === bare(b);
}

async function fitToContext(model: LanguageModel, family: PromptFamily, pair: CodePair): Promise<CodePair> {
  const { id, contextLength } = model.info;
  const room = contextLength - family.maxNewTokens;
  if (room <= 0)
    throw new VerityError(
      'contextOverflow',
      `${id} has a context of ${contextLength} tokens, but its answer alone may take ${family.maxNewTokens}. ` +
        'Choose a model with a longer context.',
    );
  let tokens = 0;
  // What replies have in common says something; what versions of code have in common far from a change hardly does.
  for (const lines of pair.conversation === undefined ? CONTEXT_LINES : [Infinity]) {
    const trimmed = pair.conversation === undefined ? trimContext(pair, lines) : pair;
    tokens = await model.countTokens(family.prompt(trimmed));
    if (tokens <= room) return trimmed;
  }
  throw new VerityError(
    'contextOverflow',
    `${pair.conversation === undefined ? 'The change alone' : 'The conversation'} takes ${tokens} tokens; ` +
      `${id} reads at most ${room}. Judge something smaller, or choose a model with a longer context.`,
  );
}

/** A generated output as it was read, in the letters of its own order. */
interface Sample extends TaggedOutput {
  generation: Generation;
}

async function judgeOrder(
  model: LanguageModel,
  family: PromptFamily,
  pair: CodePair,
  order: Order,
  { votes, onText, signal }: JudgeOptions,
): Promise<OrderJudgment> {
  const shown = order === 'AB' ? pair : { ...pair, a: pair.b, b: pair.a };
  const samplings =
    votes === undefined ? [GREEDY] : Array.from({ length: votes }, (_, seed) => sampled(seed));
  const samples = await allOrNone(signal, (shared) =>
    samplings.map((sampling, index) =>
      read(
        model,
        family,
        shown,
        sampling,
        shared,
        index === 0 ? (delta) => onText?.(order, delta) : undefined,
      ),
    ),
  );
  const { verdict, counts } = majority(samples.map((sample) => sample.verdict));
  const chosen = samples.find((sample) => sample.verdict === verdict) ?? samples[0]!;
  const swapped = order === 'BA';
  return {
    order,
    verdict: verdict !== null && swapped ? other(verdict) : verdict,
    confidence:
      verdict === null
        ? 0
        : votes === undefined
          ? (family.confidence(shown, verdict, chosen.generation.steps) ?? 0.5)
          : counts[verdict] / votes,
    ...(votes !== undefined && { votes: swapped ? { ...counts, A: counts.B, B: counts.A } : counts }),
    reasoning: swapped ? swapReasoning(chosen.reasoning) : chosen.reasoning,
    raw: chosen.generation.text,
    promptTokens: chosen.generation.promptTokens,
    outputTokens: samples.reduce((sum, { generation }) => sum + generation.steps.length, 0),
  };
}

/** One sample. An output that was cut off has no verdict: what looks like one might be something it quotes. */
async function read(
  model: LanguageModel,
  family: PromptFamily,
  shown: CodePair,
  sampling: Sampling,
  signal: AbortSignal,
  onText?: (delta: string) => void,
): Promise<Sample> {
  const generation = await model.generate(
    {
      prompt: family.prompt(shown),
      maxNewTokens: family.maxNewTokens,
      forms: family.forms?.(shown),
      sampling,
      stop: [],
      topLogprobs: TOP_LOGPROBS,
    },
    { signal, ...(onText && { onText }) },
  );
  const { verdict, reasoning } = parseTags(generation.text);
  return { generation, reasoning, verdict: generation.finishReason === 'length' ? null : verdict };
}

const other = (letter: Letter): Letter => (letter === 'A' ? 'B' : 'A');

function summarize(
  orders: OrderJudgment[],
  { calibration }: PromptFamily,
  model: string,
  { firstTokenMs, totalMs }: { firstTokenMs: number; totalMs: number },
): Judgment {
  const verdicts = new Set(orders.map(({ verdict }) => verdict));
  const [first] = verdicts;
  const verdict = verdicts.size === 1 && first ? first : 'undecided';
  const agreement = verdict !== 'undecided';
  const rawConfidence = agreement ? mean(orders.map(({ confidence }) => confidence)) : 0;
  // The temperature was fitted on what a greedy reading says of itself; a share of votes is another quantity.
  const applied = orders.some(({ votes }) => votes !== undefined) ? undefined : calibration;
  const outputTokens = orders.reduce((sum, order) => sum + order.outputTokens, 0);
  return {
    verdict,
    confidence: applied === undefined ? rawConfidence : scaled(rawConfidence, applied.temperature),
    rawConfidence,
    ...(applied !== undefined && { calibration: applied }),
    agreement,
    orders,
    reasoning: readableReasoning(orders),
    model,
    timings: { firstTokenMs, totalMs, tokensPerSecond: totalMs > 0 ? (1000 * outputTokens) / totalMs : 0 },
  };
}

/** The evaluation of the first order with a verdict; failing that, whatever was written. */
function readableReasoning(orders: OrderJudgment[]): string {
  const order = orders.find(({ verdict }) => verdict !== null) ?? orders[0];
  if (order === undefined) return '';
  return readableEvaluation(order.reasoning.evaluation ?? order.reasoning.solution ?? order.raw);
}
