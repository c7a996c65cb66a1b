/** A prompt family: how a kind of judge model is asked, and how sure it was of what it answered. */
import type { AnswerForm, Prompt, Step } from '../../runtime/language-model.ts';
import type { Surrounding } from '../surroundings.ts';

/** Two versions of one piece of code. */
export interface CodePair {
  a: string;
  b: string;
  /** VS Code language id. */
  language: string;
  /** What the code is meant to do, if anyone said so. */
  instruction?: string | undefined;
  /** Code from elsewhere, the same for both versions, most important first. */
  surroundings?: readonly Surrounding[] | undefined;
}

export interface PromptFamily {
  readonly name: string;
  /** Tokens kept free for the answer. */
  readonly maxNewTokens: number;
  prompt(pair: CodePair): Prompt;
  /** The forms its answers take, where they are known beforehand. */
  forms?(pair: CodePair): AnswerForm[];
  /** P(verdict) against the other letter, 0–1, where the model committed itself; undefined if that place is not found. */
  confidence(pair: CodePair, verdict: 'A' | 'B', steps: Step[]): number | undefined;
}
