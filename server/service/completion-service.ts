/** Safe completion as a service, behind LSP server and CLI alike. */
import type { z } from 'zod';
import { resolveModel, type ResolvedModel, type ResolvedSafety, resolveSafety } from '../catalog/resolve.ts';
import type {
  CompleteParams,
  CompleteResult,
  FoundCompletion,
  SearchNode,
  SearchStep,
} from '../protocol/completion.ts';
import type { LanguageModel, Prompt } from '../runtime/language-model.ts';
import type { TokenModel } from '../runtime/token-model.ts';
import { bestOfN } from '../safety/baselines/best-of-n.ts';
import { greedy } from '../safety/baselines/sampling.ts';
import { completionText, Findings } from '../safety/findings.ts';
import {
  type Completion,
  type CompletionHooks,
  type CompletionMethod,
  type CompletionResult,
  isStop,
} from '../safety/method.ts';
import { fitPrompt, type Reader } from '../safety/prompt.ts';
import { openRewardModel } from '../safety/reward-model/open.ts';
import { frameFor, frameTokens } from '../safety/rewards/frame.ts';
import {
  asProcessRewards,
  type MultifurcationModel,
  multifurcationRewards,
  tokensFor,
} from '../safety/rewards/multifurcation.ts';
import { perCandidate } from '../safety/rewards/process.ts';
import { rewardSearch } from '../safety/search/multifurcation.ts';
import { emptyResult } from '../safety/search/tree.ts';
import type { PooledModel } from './model-pool.ts';
import type { ModelService } from './model-service.ts';
import type { Request } from './requests.ts';
import { unlessAborted } from '../runtime/abort.ts';

type Params = z.output<typeof CompleteParams>;

export interface CompletionModels {
  /** Directory or id of the model that writes, and of its reward model; the embedded ones if left out. */
  policy?: string | undefined;
  safety?: string | undefined;
}

export interface CompleteHooks {
  onStep?: (step: SearchStep) => void;
  signal?: AbortSignal | undefined;
}

export interface Completed {
  result: CompleteResult;
  /** The best that was found, also where it is refused; undefined if the time was up before. */
  best: FoundCompletion | undefined;
  tree: readonly SearchNode[];
  /** Of the policy, and of the reward model if one was asked. */
  parameters: { policy: number; rewards: number };
}

/** The reward model, ready for the pool. */
interface Safety extends ResolvedSafety {
  model: PooledModel;
  unseen: Uint8Array;
}

type FramedModel = Required<MultifurcationModel>;

/** The models of one search. */
interface Lent {
  policy: LanguageModel;
  rewards?: { model: LanguageModel; safety: Safety };
}

export class CompletionService {
  private readonly models: ModelService;
  private readonly given: CompletionModels;
  private safety: Promise<Safety> | undefined;

  constructor(models: ModelService, given: CompletionModels = {}) {
    this.models = models;
    this.given = given;
  }

  /** @throws VerityError, or the signal's reason; a search that its time limit ends is no error. */
  complete(params: Params, hooks: CompleteHooks = {}): Promise<Completed> {
    const { method, priority } = params;
    return this.models.run({ name: 'complete', priority, signal: hooks.signal }, async (request) => {
      const policy = await resolveModel('policy', this.given.policy);
      if (method === 'greedy')
        return this.models.use(policy, request, (model) => search(request, params, { policy: model }, hooks));
      const safety = await unlessAborted(this.openSafety(), hooks.signal);
      return this.useBoth(policy, safety, request, (lent) => search(request, params, lent, hooks));
    });
  }

  private useBoth<Result>(
    policy: ResolvedModel,
    safety: Safety,
    request: Request,
    task: (lent: Lent) => Promise<Result>,
  ): Promise<Result> {
    return this.models.use(policy, request, (writer) =>
      this.models.use(safety.model, request, (model) => task({ policy: writer, rewards: { model, safety } })),
    );
  }

  /** Read and merged once; after a failure, with the next request again. */
  private openSafety(): Promise<Safety> {
    this.safety ??= openSafety(this.given.safety).catch((error: unknown) => {
      this.safety = undefined;
      throw error;
    });
    return this.safety;
  }
}

async function openSafety(given: string | undefined): Promise<Safety> {
  const safety = await resolveSafety(given);
  const { directory, unseen } = await openRewardModel(safety.files);
  const { id, maxContext } = safety;
  return { ...safety, unseen, model: { id, directory, ...(maxContext !== undefined && { maxContext }) } };
}

async function search(
  request: Request,
  params: Params,
  lent: Lent,
  hooks: CompleteHooks,
): Promise<Completed> {
  const policy = await lent.policy.tokens();
  const rewards = lent.rewards && (await rewardsOf(lent.rewards));
  const text = fitPrompt(params.prefix, readersOf(params, policy, rewards));
  const prompt = promptOf(policy, text);
  const { maxNewTokens, minNewTokens, seed, timeLimitMs } = params;
  const { priority } = request;
  const found = await untilStopped(
    methodOf(params, policy, rewards),
    { prompt, instruction: text, maxNewTokens, minNewTokens, seed, priority },
    { ...hooks, stop: timeLimitMs === undefined ? undefined : after(timeLimitMs) },
  );
  const findings = new Findings(policy, found, lent.rewards?.safety.threshold ?? -Infinity);
  conclude(request, params, findings, found);
  const promptTokens = policy.encode(prompt);
  const completions = found.completions.map((completion) => shown(policy, promptTokens, completion));
  return {
    result: {
      model: lent.policy.info.id,
      ...(lent.rewards && { rewardModel: lent.rewards.model.info.id }),
      method: params.method,
      completions: findings.isRefused ? [] : completions,
      avoided: findings.avoided,
      ...(findings.refusal !== undefined && { refusal: findings.refusal }),
      isTimedOut: found.isStopped,
      counters: found.counters,
    },
    best: completions[0],
    tree: found.tree,
    parameters: {
      policy: lent.policy.info.parameters,
      rewards: lent.rewards?.model.info.parameters ?? 0,
    },
  };
}

function promptOf(policy: TokenModel, text: string): Prompt {
  const begin = policy.beginTokens.map((token) => ({ control: policy.tokenText(token) }));
  return { kind: 'parts', parts: [...begin, { text }] };
}

function shown(policy: TokenModel, prompt: readonly number[], completion: Completion): FoundCompletion {
  const { reward, isFinished, node } = completion;
  const text = completionText(policy, prompt, completion);
  return { text, ...(reward !== undefined && { reward }), isFinished, node };
}

async function rewardsOf({ model, safety }: NonNullable<Lent['rewards']>): Promise<FramedModel> {
  const tokens = await model.tokens();
  return { model: tokens, unseen: safety.unseen, frame: frameFor(safety.frame, tokens) };
}

/** Both models read the prompt and have to have room for the completion behind it. */
function readersOf({ maxNewTokens }: Params, policy: TokenModel, rewards?: FramedModel): Reader[] {
  const readers = [
    {
      count: (text: string) => policy.encodeText(text).length,
      room: policy.contextLength - policy.beginTokens.length - maxNewTokens,
    },
  ];
  if (rewards === undefined) return readers;
  const { model, frame } = rewards;
  const around = frameTokens(model, frame, '').length;
  return [
    ...readers,
    {
      count: (text) => frameTokens(model, frame, text).length - around,
      room: model.contextLength - around - tokensFor(policy, model, maxNewTokens),
    },
  ];
}

function methodOf(
  { method, budget }: Params,
  policy: TokenModel,
  rewards: MultifurcationModel | undefined,
): CompletionMethod {
  if (rewards === undefined) return greedy(policy);
  switch (method) {
    case 'best-of-n':
      return bestOfN(policy, asProcessRewards(rewards), budget);
    case 'beam':
      return rewardSearch(method, policy, perCandidate(asProcessRewards(rewards)), { budget });
    default:
      return rewardSearch(method, policy, multifurcationRewards(rewards), { budget });
  }
}

/** Timers take whole numbers, and none that is larger. */
const LONGEST_MS = 2 ** 31 - 1;

const after = (ms: number): AbortSignal => AbortSignal.timeout(Math.min(Math.ceil(ms), LONGEST_MS));

/** What a method finds, which is nothing if it is stopped before it has begun. */
async function untilStopped(
  method: CompletionMethod,
  request: Parameters<CompletionMethod['complete']>[0],
  hooks: CompletionHooks,
): Promise<CompletionResult> {
  const started = performance.now();
  try {
    return await method.complete(request, hooks);
  } catch (error) {
    if (!isStop(error, hooks)) throw error;
    return emptyResult(performance.now() - started);
  }
}

/** What the outcomes say of it. */
function conclude(
  request: Request,
  { timeLimitMs }: Params,
  { refusal }: Findings,
  { isStopped }: CompletionResult,
): void {
  if (refusal !== undefined) request.conclusion = { outcome: 'refused', reason: refusal };
  else if (isStopped)
    request.conclusion = { outcome: 'answered', reason: `ended by its time limit of ${timeLimitMs} ms` };
}
