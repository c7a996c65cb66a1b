/** Whether a team's answer is right. */
import { boxed, codeBlock, finalAnswer, lastNumber, sameAnswer } from '../../agents/answers.ts';
import { runProgram } from './programs.ts';
import type { Problem } from './tasks.ts';

export interface Grade {
  /** What was taken for the answer. */
  answer: string;
  right: boolean;
  /** Why a program failed. */
  why?: string;
}

/** @throws the signal's reason */
export async function grade({ check }: Problem, text: string, signal?: AbortSignal): Promise<Grade> {
  if (check.kind === 'answer') {
    // Without a box a number that was asked for is the last one named, as the benchmarks' scripts take it.
    const isNumber = Number.isFinite(Number(check.expected));
    const answer = boxed(text) ?? (isNumber ? lastNumber(text) : undefined) ?? finalAnswer(text);
    return { answer, right: sameAnswer(answer, check.expected) };
  }
  const program = codeBlock(text);
  if (program === undefined) return { answer: '', right: false, why: 'no fenced code block' };
  const outcome = await runProgram(program, check.tests, undefined, signal);
  return outcome.passed
    ? { answer: program, right: true }
    : { answer: program, right: false, why: outcome.why };
}
