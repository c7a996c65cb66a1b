/** What every way of finding a completion has in common, so that they can be compared at the same cost. */
import type { SearchCounters, SearchNode, SearchStep } from '../protocol/completion.ts';
import type { Priority } from '../runtime/engine/policy.ts';
import type { Prompt } from '../runtime/language-model.ts';
import type { TokenModel } from '../runtime/token-model.ts';
import type { PathCounters } from './paths.ts';

export interface CompletionRequest {
  /** What the policy continues. */
  prompt: Prompt;
  /** What was asked for, as reward models read it. */
  instruction: string;
  maxNewTokens: number;
  /** End tokens are forbidden before. */
  minNewTokens: number;
  /** Of sampling methods. */
  seed: number;
  priority?: Priority | undefined;
}

export interface CompletionHooks {
  /** Called after each step, in order. */
  onStep?: (step: SearchStep) => void;
  /** Aborting takes effect within one forward pass; the promise rejects with the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Ends the search within one forward pass with the best it has; before it has begun, as the signal does. */
  stop?: AbortSignal | undefined;
}

/** What a search's own computations are cancelled by. */
export const anySignal = ({ signal, stop }: CompletionHooks): AbortSignal | undefined =>
  signal !== undefined && stop !== undefined ? AbortSignal.any([signal, stop]) : (signal ?? stop);

/** Whether a computation failed because the search is to end with what it has. */
export const isStop = (error: unknown, { signal, stop }: CompletionHooks): boolean =>
  stop?.aborted === true && signal?.aborted !== true && error === stop.reason;

export interface Completion {
  /** Without the end token. */
  tokens: number[];
  text: string;
  /** By the method's reward model; undefined without one. */
  reward: number | undefined;
  /** Whether an end token was chosen; else the limit of tokens was reached. */
  isFinished: boolean;
  /** Its last node in the tree. */
  node: number;
}

export interface CompletionResult {
  /** Best first, at least one. */
  completions: Completion[];
  tree: readonly SearchNode[];
  counters: SearchCounters;
  /** Whether it was stopped before its end. */
  isStopped: boolean;
}

export interface CompletionMethod {
  readonly name: string;
  /** @throws VerityError contextOverflow or busy; the signal's reason. */
  complete(request: CompletionRequest, hooks?: CompletionHooks): Promise<CompletionResult>;
}

/** Paths that a reward model is asked about in one search, see `PathsOptions`. */
export interface RewardRequest {
  policy: TokenModel;
  instruction: string;
  /** The most outputs in one call, and the most tokens of the policy in each. */
  width: number;
  length: number;
  priority?: Priority | undefined;
  signal?: AbortSignal | undefined;
}

/** The end tokens that a step forbids. */
export const forbiddenAt = (
  step: number,
  { minNewTokens }: CompletionRequest,
  { endTokens }: TokenModel,
): ReadonlySet<number> => (step < minNewTokens ? endTokens : NONE);

const NONE: ReadonlySet<number> = new Set();

export function sumCounters(
  policy: PathCounters,
  rewards: PathCounters,
  candidates: number,
  ms: number,
): SearchCounters {
  return {
    rewardCalls: rewards.calls,
    candidates,
    forwardedTokens: policy.forwarded + rewards.forwarded,
    policyTokens: policy.forwarded,
    rewardTokens: rewards.forwarded,
    cacheHits: policy.reused + rewards.reused,
    ms,
  };
}
