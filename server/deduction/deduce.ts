/**
 * Honest deduction: the model reads the sentences and writes a derivation; the round-trip check refuses what it read
 * wrongly; the solver alone says what follows. What the model answers is never shown unless it is proved.
 */
import type { CounterModel, Deduction, DerivationStep, FormalPremise } from '../protocol/deduction.ts';
import { VerityError } from '../runtime/errors.ts';
import { GREEDY, type LanguageModel } from '../runtime/language-model.ts';
import { type Decision, decide, describeValue, type Question, type State } from './decide.ts';
import { type Derivation, parseDerivation, type Step } from './formal/derivation.ts';
import { FormalError, type Goal, parseLine } from './formal/parse.ts';
import { printFormula, printGoal } from './formal/print.ts';
import { type Expression, not, TRUE } from './logic/expression.ts';
import { checkPremise, checkQuestion, type ReadPremise } from './round-trip/round-trip.ts';
import { tokensOf } from './round-trip/skeleton.ts';
import { mayBearOn } from './round-trip/words.ts';
import { Prover, Undecided } from './solver/prover.ts';
import { exportScript } from './solver/smt-lib.ts';
import type { Solver } from './solver/solver.ts';

export interface DeduceTask {
  premises: readonly string[];
  question: string;
  /** The solver's limit, for all it is asked. */
  timeLimitMs: number;
}

export interface DeduceHooks {
  signal?: AbortSignal | undefined;
  onPremise?: (premise: FormalPremise) => void;
  /** The derivation as the model writes it, unchecked. */
  onText?: (delta: string) => void;
}

/** Sentences that the model reads at once; its scheduler batches them. */
const READ_AT_ONCE = 16;
const MAX_FORMAL_TOKENS = 160;
const MAX_DERIVATION_TOKENS = 1500;

interface Read {
  premise: FormalPremise;
  /** What the model wrote, and what the sentence surely says; undefined if it could not be read. */
  read?: ReadPremise & { formal: string };
}

/** @throws VerityError of the model, or the signal's reason. */
export async function deduce(
  model: LanguageModel,
  solver: Solver,
  { premises, question, timeLimitMs }: DeduceTask,
  hooks: DeduceHooks = {},
): Promise<Deduction> {
  const startedAt = performance.now();
  const formals = await formalizeAll(model, [question, ...premises], hooks);
  const reads = withoutDoubts(
    premises.map((text, index) => readPremise(text, formals[index + 1]!, index + 1)),
  );
  for (const { premise } of reads) hooks.onPremise?.(premise);
  const formalizedAt = performance.now();
  const asked = readQuestion(question, formals[0]!);
  const ms = { formalize: formalizedAt - startedAt, deduce: 0, solve: 0 };
  const base = { ...EMPTY, premises: reads.map(({ premise }) => premise), model: model.info.id, ms };
  if ('problem' in asked)
    return { ...base, reason: `The question could not be read: ${asked.problem}.` };

  const known = reads.filter((each) => each.read !== undefined) as Required<Read>[];
  const formulas = known.map(({ read }) => read.formula);
  const prover = new Prover(solver, { timeLimitMs, signal: hooks.signal });
  const derivation = new DerivationRequest(model, known.map(({ read }) => read.formal), formals[0]!, hooks);
  const decision = await decide(prover, formulas, asked.question).finally(() => (ms.solve = performance.now() - formalizedAt));
  const context: Context = { reads, known, formulas, question: asked.question, text: question, prover };
  const goal = printGoal(asked.goal);
  const smtLib = exportScript(formulas, openFormula(decision, asked.question));
  // A derivation of what is not proved would not be shown.
  const written = decision.kind === 'proved' ? await derivation.result() : await derivation.abandon();
  ms.deduce = performance.now() - formalizedAt;
  return { ...base, goal, smtLib, proposed: written?.proposed ?? null, ...(await resultOf(decision, written, context)) };
}

const EMPTY = {
  status: 'abstained' as const,
  answer: null,
  goal: null,
  derivation: [],
  premisesUsed: [],
  counterModels: [],
  missing: null,
  smtLib: '',
  proposed: null,
};

// ---- Reading ---------------------------------------------------------------------------------------------------------

/** The first line that the model writes for each sentence, in order. */
async function formalizeAll(
  model: LanguageModel,
  sentences: readonly string[],
  { signal }: DeduceHooks,
): Promise<string[]> {
  const results: string[] = [];
  let next = 0;
  const work = async (): Promise<void> => {
    for (let place = next++; place < sentences.length; place = next++)
      results[place] = await formalize(model, sentences[place]!, signal);
  };
  await Promise.all(Array.from({ length: READ_AT_ONCE }, work));
  return results;
}

async function formalize(model: LanguageModel, sentence: string, signal?: AbortSignal): Promise<string> {
  const text = `Formalize: ${sentence.replace(/\s+/g, ' ').trim()}\n`;
  try {
    const { text: formal } = await model.generate(
      {
        prompt: { kind: 'parts', parts: [{ text }] },
        maxNewTokens: MAX_FORMAL_TOKENS,
        sampling: GREEDY,
        stop: ['\n'],
        topLogprobs: 0,
      },
      { ...(signal && { signal }) },
    );
    return formal.trim();
  } catch (error) {
    // A sentence too long for the model cannot be read; the others can.
    if (error instanceof VerityError && error.kind === 'contextOverflow') return 'none';
    throw error;
  }
}

function readPremise(text: string, formal: string, number: number): Read {
  const unread = (problem: string): Read => ({ premise: { number, text, formal: null, problem } });
  const line = parsed(formal);
  if (line === undefined || line.kind === 'none') return unread('the model could not put it into a formula');
  if (line.kind === 'goal') return unread('it asks and does not state');
  const checked = checkPremise(text, line.formula);
  if (!checked.isRead) return unread(checked.problem);
  const { result } = checked;
  return {
    premise: { number, text, formal: printFormula(result.formula) },
    read: { ...result, formal: printFormula(line.formula) },
  };
}

function readQuestion(
  text: string,
  formal: string,
): { question: Question; goal: Goal } | { problem: string } {
  const line = parsed(formal);
  if (line?.kind !== 'goal') return { problem: 'the model could not put it into a formula' };
  const checked = checkQuestion(text, line.goal);
  return checked.isRead ? { question: checked.result, goal: line.goal } : { problem: checked.problem };
}

function parsed(formal: string): ReturnType<typeof parseLine> | undefined {
  try {
    return parseLine(formal);
  } catch (error) {
    if (error instanceof FormalError) return undefined;
    throw error;
  }
}

/** Takes back what was read one by one where the sentences together leave doubts. */
function withoutDoubts(reads: Read[]): Read[] {
  const units = [...new Set(reads.flatMap(({ read }) => read?.units ?? []))];
  return reads.map((each, place) => {
    const { read } = each;
    if (read === undefined) return each;
    if (units.length > 1 && read.units.length > 0)
      return takenBack(each, `amounts are in ${units.join(' and ')}, which may differ`);
    if (read.isContinuation && !standsAlone(reads[place - 1]))
      return takenBack(each, 'it goes on from a sentence that is no plain statement');
    return each;
  });
}

const takenBack = ({ premise }: Read, problem: string): Read => ({
  premise: { ...premise, formal: null, problem },
});

/** "Then …" after a condition would be its consequence. */
const standsAlone = (before: Read | undefined): boolean =>
  before === undefined ||
  (before.read !== undefined && !/^\s*(?:if|suppose|assume|imagine|when|once|in case)\b/i.test(before.premise.text));

// ---- The model's derivation --------------------------------------------------------------------------------------------

/** Written while the solver works. */
class DerivationRequest {
  private readonly controller = new AbortController();
  private readonly text: Promise<string | undefined>;

  constructor(
    model: LanguageModel,
    premises: readonly string[],
    goal: string,
    { signal, onText }: DeduceHooks,
  ) {
    const numbered = premises.map((formal, index) => `${index + 1}: ${formal}\n`).join('');
    const prompt = `Deduce:\n${numbered}${goal}\n`;
    const either = AbortSignal.any([this.controller.signal, ...(signal ? [signal] : [])]);
    this.text = model
      .generate(
        {
          prompt: { kind: 'parts', parts: [{ text: prompt }] },
          maxNewTokens: MAX_DERIVATION_TOKENS,
          sampling: GREEDY,
          stop: [],
          topLogprobs: 0,
        },
        { signal: either, ...(onText && { onText }) },
      )
      .then(
        ({ text }) => text,
        (error: unknown) => {
          signal?.throwIfAborted();
          // The proof does not need it: too many premises for the model's context, or no longer wanted.
          const isHarmless = error instanceof VerityError && error.kind === 'contextOverflow';
          if (isHarmless || this.controller.signal.aborted) return undefined;
          throw error;
        },
      );
    // Whoever asks for the result hears of it.
    this.text.catch(() => undefined);
  }

  async result(): Promise<Derivation | undefined> {
    const text = await this.text;
    return text === undefined ? undefined : parseDerivation(text);
  }

  async abandon(): Promise<Derivation | undefined> {
    this.controller.abort();
    return this.result();
  }
}

// ---- The result --------------------------------------------------------------------------------------------------------

interface Context {
  reads: readonly Read[];
  /** Those that were read, in order: the model's premise n is the nth of these. */
  known: readonly Required<Read>[];
  formulas: readonly Expression[];
  question: Question;
  text: string;
  prover: Prover;
}

type Outcome = Partial<Deduction> & Pick<Deduction, 'status' | 'reason'>;

async function resultOf(
  decision: Decision,
  written: Derivation | undefined,
  context: Context,
): Promise<Outcome> {
  const number = (place: number): number => context.known[place]!.premise.number;
  switch (decision.kind) {
    case 'contradictory': {
      const premisesUsed = decision.used.map(number);
      return {
        status: 'contradictory',
        premisesUsed,
        reason: `Statements ${listed(premisesUsed)} contradict each other, so nothing follows from them.`,
      };
    }
    case 'undecided':
      return { status: 'abstained', reason: decision.reason };
    case 'open':
      return { status: 'abstained', ...openResult(decision, context) };
    case 'proved': {
      const premisesUsed = decision.used.map(number);
      const doubt = doubtOf(premisesUsed, context);
      if (doubt !== undefined) return { status: 'abstained', reason: doubt };
      const { derivation, isFromModel } = await derivationOf(decision, written, context);
      return {
        status: decision.answer === 'no' ? 'refuted' : 'entailed',
        answer: decision.answer,
        premisesUsed,
        derivation,
        reason: provedReason(decision.answer, premisesUsed, isFromModel),
      };
    }
  }
}

function provedReason(answer: string, used: readonly number[], isFromModel: boolean): string {
  const from = used.length === 0 ? 'by itself' : `from ${used.length === 1 ? 'statement' : 'statements'} ${listed(used)}`;
  const how = isFromModel ? 'with every step checked' : 'by the solver, as the model’s derivation did not reach it';
  return `“${answer}” follows ${from}, ${how}.`;
}

/** A statement that could not be read, and that may change what the proof rests on. */
function doubtOf(used: readonly number[], { reads, text }: Context): string | undefined {
  const words = new Set([
    ...tokensOf(text),
    ...reads.filter(({ premise }) => used.includes(premise.number)).flatMap(({ premise }) => tokensOf(premise.text)),
  ]);
  const doubtful = reads.find(({ premise, read }) => read === undefined && mayBearOn(tokensOf(premise.text), words));
  if (doubtful === undefined) return undefined;
  const { number, problem } = doubtful.premise;
  return `Statement ${number} may bear on the answer and could not be read: ${problem}.`;
}

function openResult(
  { states, missing }: Extract<Decision, { kind: 'open' }>,
  { reads }: Context,
): Pick<Deduction, 'reason' | 'counterModels' | 'missing'> {
  const unread = reads.filter(({ read }) => read === undefined).map(({ premise }) => premise.number);
  const settled = missing === undefined ? null : printFormula(missing);
  const reasons = [
    'The statements leave the question open: they hold in states of affairs with different answers.',
    settled === null ? '' : `A statement like ${settled} would settle it.`,
    unread.length === 0 ? '' : `Not read: ${unread.length === 1 ? 'statement' : 'statements'} ${listed(unread)}.`,
  ];
  return {
    reason: reasons.filter((each) => each !== '').join(' '),
    counterModels: states.map(counterModelOf),
    missing: settled,
  };
}

const counterModelOf = ({ values, answer }: State): CounterModel => ({
  values: values.map(({ variable, value }) => ({ name: variable.name, value: describeValue(value) })),
  answer,
});

/**
 * The model's steps that the solver proves from what they name alone, as far as they lead to the answer; else one step
 * from the smallest set of premises that the solver found.
 */
async function derivationOf(
  { conclusion, used }: Extract<Decision, { kind: 'proved' }>,
  written: Derivation | undefined,
  { known, formulas, prover }: Context,
): Promise<{ derivation: DerivationStep[]; isFromModel: boolean }> {
  const number = (place: number): string => String(known[place]!.premise.number);
  const checked = await checkedSteps(written?.steps ?? [], formulas, prover);
  const last = await concluding(checked, conclusion, prover);
  if (last !== undefined)
    return { isFromModel: true, derivation: neededFor(last, checked).map((step) => asStep(step, number)) };
  const step = { label: 'a', formal: printFormula(conclusion), from: used.map(number), isChecked: true };
  return { isFromModel: false, derivation: [step] };
}

const asStep = ({ label, formula, from }: Step, number: (place: number) => string): DerivationStep => ({
  label,
  formal: printFormula(formula),
  from: from.map((each) => (/^\d/.test(each) ? number(Number(each) - 1) : each)),
  isChecked: true,
});

/** Steps that follow from the premises and earlier checked steps that they name; others are dropped. */
async function checkedSteps(
  steps: readonly Step[],
  premises: readonly Expression[],
  prover: Prover,
): Promise<Step[]> {
  const known = new Map<string, Expression>(premises.map((premise, index) => [String(index + 1), premise]));
  const named: { step: Step; from: Expression[] }[] = [];
  for (const step of steps) {
    const from = step.from.map((each) => known.get(each));
    if (known.has(step.label) || !from.every((each) => each !== undefined)) continue;
    known.set(step.label, step.formula);
    named.push({ step, from });
  }
  const follows = await unlessUndecided(
    prover.follow(named.map(({ step, from }) => ({ premises: from, conclusion: step.formula }))),
  );
  const dropped = new Set(named.filter((_, index) => !follows?.[index]).map(({ step }) => step.label));
  return named
    .map(({ step }) => step)
    .filter((step) => {
      if (step.from.some((each) => dropped.has(each))) dropped.add(step.label);
      return !dropped.has(step.label);
    });
}

/** The first step that says what was proved. */
async function concluding(
  steps: readonly Step[],
  conclusion: Expression,
  prover: Prover,
): Promise<Step | undefined> {
  const pairs = steps.map(({ formula }) => ({ premises: [formula], conclusion }));
  const follows = await unlessUndecided(prover.follow(pairs));
  return steps.find((_, index) => follows?.[index]);
}

async function unlessUndecided<Result>(promise: Promise<Result>): Promise<Result | undefined> {
  try {
    return await promise;
  } catch (error) {
    if (error instanceof Undecided) return undefined;
    throw error;
  }
}

/** A step with all it rests on, in the order written. */
function neededFor(last: Step, steps: readonly Step[]): Step[] {
  const needed = new Set([last.label]);
  for (const step of [...steps].reverse())
    if (needed.has(step.label)) for (const label of step.from) needed.add(label);
  return steps.filter(({ label }) => needed.has(label));
}

/** What the solver was asked to refute, for export. */
function openFormula(decision: Decision, question: Question): Expression {
  if (decision.kind === 'proved') return not(decision.conclusion);
  return question.kind === 'truth' ? not(question.formula) : TRUE;
}

function listed(numbers: readonly number[]): string {
  const [last, ...others] = [...numbers].reverse();
  return others.length === 0 ? String(last) : `${others.reverse().join(', ')} and ${last}`;
}
