/** A prompt family: how a kind of judge model is asked, and how sure it was of what it answered. */
import type { Calibration, Turn } from '../../protocol/judgment.ts';
import type { AnswerForm, Prompt, Step } from '../../runtime/language-model.ts';
import type { Surrounding } from '../surroundings.ts';

/** Two versions of one piece of code, or two replies that end one conversation. */
export interface CodePair {
  a: string;
  b: string;
  /** VS Code language id. */
  language: string;
  /** What the code is meant to do, if anyone said so. */
  instruction?: string | undefined;
  /** What was said before `a` and `b` as replies, the client's latest words last. */
  conversation?: readonly Turn[] | undefined;
  /** Code from elsewhere, the same for both versions, most important first. */
  surroundings?: readonly Surrounding[] | undefined;
}

export interface PromptFamily {
  readonly name: string;
  /** Tokens kept free for the answer. */
  readonly maxNewTokens: number;
  /** Whether it can be asked about replies in a conversation, not code alone. */
  readonly readsConversations?: boolean;
  /** How to correct its confidence, if the model was calibrated. */
  readonly calibration?: Calibration | undefined;
  prompt(pair: CodePair): Prompt;
  /** The forms its answers take, where they are known beforehand. */
  forms?(pair: CodePair): AnswerForm[];
  /** P(verdict) against the other letter, 0–1, where the model committed itself; undefined if that place is not found. */
  confidence(pair: CodePair, verdict: 'A' | 'B', steps: Step[]): number | undefined;
}
