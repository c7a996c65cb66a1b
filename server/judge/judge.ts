/**
 * The judge (RM-R1): reads the pair in both orders, takes a verdict only where the output states one, and answers
 * only where both orders agree. Swapping the order exposes position bias, the best known flaw of such judges.
 */
import type { Judgment, Order, OrderJudgment } from '../protocol/judgment.ts';
import { VerityError } from '../runtime/errors.ts';
import { GREEDY, type LanguageModel } from '../runtime/language-model.ts';
import { trimContext } from './context.ts';
import { splitLines } from './line-diff.ts';
import type { CodePair, PromptFamily } from './prompts/family.ts';
import { parseTags, readableEvaluation, swapReasoning } from './tags.ts';

export interface JudgeHooks {
  /** Text as it is written, in the letters of its own order. */
  onText?: (order: Order, delta: string) => void;
  signal?: AbortSignal | undefined;
}

/** Alternatives recorded per token: enough to hold the rival of a decisive one. */
const TOP_LOGPROBS = 12;

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
  hooks: JudgeHooks = {},
): Promise<Judgment> {
  if (sameCode(pair))
    throw new VerityError('badInput', 'The two versions do not differ, so there is nothing to judge.');
  const fitting = await fitToContext(model, family, pair);
  const started = performance.now();
  let firstTokenMs = 0;
  const onText = (order: Order, delta: string) => {
    firstTokenMs ||= performance.now() - started;
    hooks.onText?.(order, delta);
  };
  const orders = await allOrNone(hooks.signal, (signal) =>
    (['AB', 'BA'] as const).map((order) => judgeOrder(model, family, fitting, order, { onText, signal })),
  );
  return summarize(orders, model.info.id, firstTokenMs, performance.now() - started);
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
  const room = model.info.contextLength - family.maxNewTokens;
  let tokens = 0;
  for (const lines of CONTEXT_LINES) {
    const trimmed = trimContext(pair, lines);
    tokens = await model.countTokens(family.prompt(trimmed));
    if (tokens <= room) return trimmed;
  }
  throw new VerityError(
    'contextOverflow',
    `The change alone takes ${tokens} tokens; ${model.info.id} reads at most ${room}. ` +
      'Judge a smaller change, or choose a model with a longer context.',
  );
}

async function judgeOrder(
  model: LanguageModel,
  family: PromptFamily,
  pair: CodePair,
  order: Order,
  hooks: JudgeHooks,
): Promise<OrderJudgment> {
  const shown = order === 'AB' ? pair : { ...pair, a: pair.b, b: pair.a };
  const generation = await model.generate(
    {
      prompt: family.prompt(shown),
      maxNewTokens: family.maxNewTokens,
      forms: family.forms?.(shown),
      sampling: GREEDY,
      stop: [],
      topLogprobs: TOP_LOGPROBS,
    },
    { onText: (delta) => hooks.onText?.(order, delta), signal: hooks.signal },
  );
  const { verdict, reasoning } = parseTags(generation.text);
  const swapped = order === 'BA';
  return {
    order,
    verdict: verdict !== null && swapped ? other(verdict) : verdict,
    confidence: verdict === null ? 0 : (family.confidence(shown, verdict, generation.steps) ?? 0.5),
    reasoning: swapped ? swapReasoning(reasoning) : reasoning,
    raw: generation.text,
    promptTokens: generation.promptTokens,
    outputTokens: generation.steps.length,
  };
}

const other = (letter: 'A' | 'B'): 'A' | 'B' => (letter === 'A' ? 'B' : 'A');

function summarize(orders: OrderJudgment[], model: string, firstTokenMs: number, totalMs: number): Judgment {
  const verdicts = new Set(orders.map(({ verdict }) => verdict));
  const [first] = verdicts;
  const verdict = verdicts.size === 1 && first ? first : 'undecided';
  const agreement = verdict !== 'undecided';
  const mean = orders.reduce((sum, { confidence }) => sum + confidence, 0) / orders.length;
  const outputTokens = orders.reduce((sum, order) => sum + order.outputTokens, 0);
  return {
    verdict,
    confidence: agreement ? mean : 0,
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
