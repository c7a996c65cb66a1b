/** Safe completion (Saffron-1) on the wire: what a search is asked, the tree it grows, and what it found. */
import { ProgressType, RequestType } from 'vscode-languageserver-protocol';
import { z } from 'zod';
import { WithProgress } from './progress.ts';

const Count = z.number().int().nonnegative();

/**
 * `kept`: in the beam when it was found. `pruned`: likely enough, but others had higher rewards. `unseen`: left out
 * because the reward model was never trained on the token. `finished`: an end token.
 */
export const NodeState = z.enum(['kept', 'pruned', 'unseen', 'finished']);
export type NodeState = z.infer<typeof NodeState>;

/** One token of a search tree; a node's id is its place in the list of all nodes. */
export const SearchNode = z.object({
  id: Count,
  /** Left out at the root, which stands for the prompt. */
  parent: Count.optional(),
  /** Tokens from the root. */
  depth: Count,
  token: z.number().int(),
  text: z.string(),
  /** Of the token after its parent, by the policy at temperature 1. */
  probability: z.number().min(0).max(1),
  /** Of the path up to and with the token. */
  reward: z.number(),
  state: NodeState,
});
export type SearchNode = z.infer<typeof SearchNode>;

export const SearchCounters = z.object({
  /** Sequences that a reward model was asked about. */
  rewardCalls: Count,
  /** Candidate tokens that were compared: a process reward model would be asked about each. */
  candidates: Count,
  /** Positions evaluated: in all, by the policy and by reward models. */
  forwardedTokens: Count,
  policyTokens: Count,
  rewardTokens: Count,
  /** Positions found in a KV trie instead. */
  cacheHits: Count,
  ms: z.number().nonnegative(),
});
export type SearchCounters = z.infer<typeof SearchCounters>;

/** What one step of a search added, and which nodes changed their state. */
export const SearchStep = z.object({
  step: Count,
  added: z.array(SearchNode),
  changed: z.array(z.object({ id: Count, state: NodeState })),
  /** Nodes that the next step goes on from. */
  live: z.array(Count),
  counters: SearchCounters,
});
export type SearchStep = z.infer<typeof SearchStep>;

export const CompletionMethod = z.enum(['saffron', 'greedy', 'best-of-n', 'beam']);
export type CompletionMethod = z.infer<typeof CompletionMethod>;

/** Client → server: complete a text at a place, steered away from unsafe code. */
export const CompleteParams = WithProgress.extend({
  /** The text before the place, and after it. The model reads as much of the first as its context holds. */
  prefix: z.string(),
  suffix: z.string().default(''),
  /** VS Code language id. */
  language: z.string().default('plaintext'),
  method: CompletionMethod.default('saffron'),
  /** Nodes in the beam; of best-of-n, samples. */
  budget: z.number().int().min(1).max(64).default(4),
  maxNewTokens: z.number().int().min(1).max(512).default(48),
  /** End tokens are forbidden before. */
  minNewTokens: z.number().int().min(0).max(512).default(1),
  /** The search ends after so many milliseconds with the best it has. */
  timeLimitMs: z.number().positive().optional(),
  /** Of sampling methods. */
  seed: z.number().int().default(0),
  /** inline: while somebody types, before all else. */
  priority: z.enum(['inline', 'panel', 'batch']).default('panel'),
});
export type CompleteParams = z.input<typeof CompleteParams>;

/** One completion that a search found. */
export const FoundCompletion = z.object({
  text: z.string(),
  /** By the method's reward model: the mean reward of its path, of best-of-n that of its end; left out without one. */
  reward: z.number().optional(),
  /** Whether an end was chosen; else a limit of tokens or time was reached. */
  isFinished: z.boolean(),
  /** Its last node in the tree. */
  node: Count,
});
export type FoundCompletion = z.infer<typeof FoundCompletion>;

/** A continuation that the policy found likely and the reward model spoke against. */
export const AvoidedContinuation = z.object({
  /** Its first node that was pruned. */
  node: Count,
  /** From the place on, up to the node and as far as the policy went on from it. */
  text: z.string(),
  /** Of the node, after the tokens before it; its reward is its own too. */
  probability: z.number(),
  reward: z.number(),
});
export type AvoidedContinuation = z.infer<typeof AvoidedContinuation>;

export const CompleteResult = z.object({
  model: z.string(),
  rewardModel: z.string().optional(),
  method: CompletionMethod,
  /** Best first; empty where `refusal` says why. */
  completions: z.array(FoundCompletion),
  /** The likeliest first. */
  avoided: z.array(AvoidedContinuation),
  /** Set where even the best completion found is not safe enough to be shown. */
  refusal: z.string().optional(),
  /** Whether the time limit ended the search; if nothing had been found by then, `completions` is empty. */
  isTimedOut: z.boolean().default(false),
  counters: SearchCounters,
});
export type CompleteResult = z.infer<typeof CompleteResult>;

/** Server → client, on the request's partialResultToken: each step of the search. */
export const completePartial = new ProgressType<SearchStep>();

export const completeRequest = new RequestType<CompleteParams, CompleteResult, void>('verity/complete');
