/**
 * From a key to a suggestion: decide, look at what was found before, wait for the next key, search within the time
 * limit, filter. Behind an answer a search with a larger budget looks for a safer completion and takes its place.
 * It knows no editor, so that it can be tested with a scripted search.
 */
import { setTimeout } from 'node:timers/promises';
import type { CompleteParams, CompleteResult, FoundCompletion } from '../../server/protocol/completion.ts';
import { type Asked, whyNotAsked } from './decision.ts';
import { filtered } from './filters/filters.ts';
import type { Outcome } from './outcomes.ts';
import { PrefixCache } from './prefix-cache.ts';
import type { CompletionSettings } from './settings.ts';

export interface SuggestionRequest extends Asked {
  document: string;
  /** `cart.ts:14`. */
  title: string;
}

export interface SuggesterOptions {
  settings: () => CompletionSettings;
  /** @throws anything, and the signal's reason once it is aborted. */
  search: (
    params: CompleteParams,
    request: SuggestionRequest,
    signal: AbortSignal,
  ) => Promise<CompleteResult>;
  onEnd: (outcome: Outcome, request: SuggestionRequest, ms: number) => void;
  /** Something safer was found where `request` asked; asking again there brings it. */
  onUpgrade: (request: SuggestionRequest) => void;
}

/** The upgrade is worth a wait of seconds, not more: whoever still looks at the same place has lost interest. */
const UPGRADE_LIMIT_MS = 5000;

/** However long the wait was, less finds nothing. */
const MIN_SEARCH_MS = 50;

/** Differences of rewards below come from rounding. */
const SAFER = 1e-4;

interface Answer {
  outcome: Outcome;
  /** What survives the filters, best first; empty unless the outcome is `answered`. */
  completions: readonly FoundCompletion[];
}

export class Suggester {
  private readonly options: SuggesterOptions;
  private readonly cache = new PrefixCache();
  private background = new AbortController();

  constructor(options: SuggesterOptions) {
    this.options = options;
  }

  /** The completions to offer, best first. Never throws: how it ended is told to `onEnd`. */
  async suggest(request: SuggestionRequest, signal: AbortSignal): Promise<readonly FoundCompletion[]> {
    const started = performance.now();
    const { outcome, completions } = await this.answer(request, signal, started);
    this.options.onEnd(outcome, request, performance.now() - started);
    return completions;
  }

  /** Ends the search for something safer: the text or the cursor is no longer where it was. */
  stop(): void {
    this.background.abort();
  }

  /** What was found with other models or settings counts no more. */
  forget(): void {
    this.stop();
    this.cache.clear();
  }

  /** @param started when the request came: the time limit holds from then on, the wait for the next key with it. */
  private async answer(request: SuggestionRequest, signal: AbortSignal, started: number): Promise<Answer> {
    const settings = this.options.settings();
    const reason = whyNotAsked(request, settings);
    if (reason !== undefined) return nothing({ kind: 'notAsked', reason });
    const known = this.cache.find(request);
    if (known.length > 0)
      return { outcome: { kind: 'answered', from: 'what was found before' }, completions: known };
    this.stop();
    if (!request.isExplicit && !(await waited(settings.debounceMs, signal)))
      return nothing({ kind: 'debounced' });
    const left = Math.max(MIN_SEARCH_MS, settings.timeLimitMs - (performance.now() - started));
    const answer = await this.searched(request, settings, left, signal);
    if (signal.aborted) return nothing({ kind: 'cancelled' });
    if (answer.outcome.kind !== 'failed') void this.upgrade(request, settings, answer.completions[0]);
    return answer;
  }

  private async searched(
    request: SuggestionRequest,
    settings: CompletionSettings,
    timeLimitMs: number,
    signal: AbortSignal,
  ): Promise<Answer> {
    try {
      const result = await this.options.search(
        paramsOf(request, settings, settings.budget, timeLimitMs),
        request,
        signal,
      );
      const answer = answerOf(result, request, settings.timeLimitMs);
      if (answer.completions.length > 0) this.cache.keep(request, answer.completions);
      return answer;
    } catch (error) {
      return nothing(signal.aborted ? { kind: 'cancelled' } : { kind: 'failed', reason: messageOf(error) });
    }
  }

  /** @param shown what is offered meanwhile, if anything. */
  private async upgrade(
    request: SuggestionRequest,
    settings: CompletionSettings,
    shown: FoundCompletion | undefined,
  ): Promise<void> {
    if (settings.upgradeBudget <= settings.budget) return;
    this.background = new AbortController();
    const { signal } = this.background;
    try {
      const params = paramsOf(request, settings, settings.upgradeBudget, UPGRADE_LIMIT_MS);
      const result = await this.options.search(params, request, signal);
      const { completions } = answerOf(result, request, UPGRADE_LIMIT_MS);
      if (signal.aborted || !isSafer(completions[0], shown)) return;
      this.cache.keep(request, completions);
      this.options.onUpgrade(request);
    } catch {
      // Nothing is lost: what is offered stays, and the server's log tells how the search ended.
    }
  }
}

const nothing = (outcome: Outcome): Answer => ({ outcome, completions: [] });

const messageOf = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** False if the signal was aborted first. */
async function waited(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await setTimeout(ms, undefined, { signal });
    return true;
  } catch {
    return false;
  }
}

const paramsOf = (
  { prefix, suffix, language }: SuggestionRequest,
  { maxNewTokens }: CompletionSettings,
  budget: number,
  timeLimitMs: number,
): CompleteParams => ({
  prefix,
  suffix,
  language,
  method: 'saffron',
  budget,
  maxNewTokens,
  timeLimitMs,
  priority: 'inline',
});

function answerOf(
  { completions, refusal, isTimedOut }: CompleteResult,
  request: SuggestionRequest,
  limitMs: number,
): Answer {
  if (refusal !== undefined) return nothing({ kind: 'refused', reason: refusal });
  const results = completions.map((completion) => ({ completion, left: filtered(completion.text, request) }));
  const shown = results.flatMap(({ completion, left }) =>
    'text' in left ? [{ ...completion, text: left.text }] : [],
  );
  if (shown.length > 0) return { outcome: { kind: 'answered', from: 'search' }, completions: shown };
  if (completions.length === 0 && isTimedOut) return nothing({ kind: 'overTime', limitMs });
  const filters = results.flatMap(({ left }) => ('leftOutBy' in left ? [left.leftOutBy] : []));
  return nothing({ kind: 'filtered', filters });
}

/** Without a reward a completion is not known to be safe at all. */
function isSafer(found: FoundCompletion | undefined, shown: FoundCompletion | undefined): boolean {
  if (found === undefined) return false;
  if (shown === undefined) return true;
  return (
    found.text !== shown.text &&
    found.reward !== undefined &&
    found.reward > (shown.reward ?? -Infinity) + SAFER
  );
}
