/** From a policy's tokens to a reward model's, by their text, where the two have different tokenizers. */
import type { TokenModel } from '../../runtime/token-model.ts';

/** Part of a character: its bytes alone are no text that the other tokenizer could encode. */
const REPLACEMENT = '\uFFFD';

export class TokenMap {
  private readonly policy: TokenModel;
  private readonly reward: TokenModel;
  private readonly known = new Map<number, number | undefined>();
  readonly isIdentity: boolean;

  constructor(policy: TokenModel, reward: TokenModel) {
    this.policy = policy;
    this.reward = reward;
    this.isIdentity = policy.vocabularyDigest === reward.vocabularyDigest;
  }

  /**
   * The reward model's token with the same text, or the first one of that text's encoding: what the reward model would
   * read next if the policy chose the token. An end token is the reward model's end token. Undefined where there is
   * none.
   */
  get(token: number): number | undefined {
    if (this.isIdentity) return token;
    if (!this.known.has(token)) this.known.set(token, this.find(token));
    return this.known.get(token);
  }

  private find(token: number): number | undefined {
    if (this.policy.endTokens.has(token)) return [...this.reward.endTokens][0];
    const text = this.policy.decode([token]);
    return text.includes(REPLACEMENT) ? undefined : this.reward.encodeText(text)[0];
  }

  /** An output as the reward model's tokens. */
  encode(output: readonly number[]): readonly number[] {
    return this.isIdentity ? output : this.reward.encodeText(this.policy.decode(output));
  }
}
