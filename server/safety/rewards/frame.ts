/** How a reward model is shown what the policy writes: as an agent's answer, as Saffron-1 is, or as the code itself. */
import type { TokenModel } from '../../runtime/token-model.ts';

export interface RewardFrame {
  /** The special token that begins a text, where the model has one. */
  begin: string | undefined;
  user: string;
  agent: string;
}

/** The reference's: 128000 271 1502 25, the prompt, 271 17230 25, the output. */
export const SAFFRON_FRAME: RewardFrame = {
  begin: '<|begin_of_text|>',
  user: '\n\nUser:',
  agent: '\n\nAgent:',
};

export const FRAMES = ['code', 'chat'] as const;
export type FrameName = (typeof FRAMES)[number];

/** A frame as a model's tokenizer begins a text. */
export function frameFor(name: FrameName, model: TokenModel): RewardFrame {
  const [first] = model.beginTokens;
  const begin = first === undefined ? undefined : model.tokenText(first);
  return name === 'code' ? { begin, user: '', agent: '' } : { ...SAFFRON_FRAME, begin };
}

/** Tokens of all that stands before the output; the pieces are encoded one by one, as in the reference. */
export const frameTokens = (model: TokenModel, frame: RewardFrame, instruction: string): number[] =>
  model.encode({
    kind: 'parts',
    parts: [
      ...(frame.begin === undefined ? [] : [{ control: frame.begin }]),
      { text: frame.user },
      { text: instruction },
      { text: frame.agent },
    ],
  });
