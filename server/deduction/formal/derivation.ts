/** What the model writes in its second stage: steps that can be checked, notes that need not be, and its answer. */
import type { Expression } from '../logic/expression.ts';
import { FormalError, parseFormula } from './parse.ts';

export interface Step {
  label: string;
  formula: Expression;
  /** Premise numbers and labels of earlier steps. */
  from: string[];
}

export interface Derivation {
  steps: Step[];
  /** What the model says follows; undefined if it did not come to an end. It proves nothing. */
  proposed: string | undefined;
}

const STEP = /^([a-z]{1,4}): (.+) by ((?:\d{1,4}|[a-z]{1,4})(?: (?:\d{1,4}|[a-z]{1,4}))*)$/;
const ANSWER = /^= (-?\d+(?:[./]\d+)?|yes|no|unknown)$/;

/** Lines that are none of the three are left out: no step rests on them. */
export function parseDerivation(text: string): Derivation {
  const steps: Step[] = [];
  let proposed: string | undefined;
  for (const line of text.split('\n').map((each) => each.trim())) {
    const answer = ANSWER.exec(line);
    if (answer !== null) {
      proposed = answer[1];
      break;
    }
    const step = parseStep(line);
    if (step !== undefined) steps.push(step);
  }
  return { steps, proposed };
}

function parseStep(line: string): Step | undefined {
  const match = STEP.exec(line);
  if (match === null) return undefined;
  try {
    return { label: match[1]!, formula: parseFormula(match[2]!), from: match[3]!.split(' ') };
  } catch (error) {
    if (error instanceof FormalError) return undefined;
    throw error;
  }
}
