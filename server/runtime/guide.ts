/**
 * Decoding under a guide: the answer takes one of several given forms, so the model computes only where it has a
 * choice. Where forms part, only tokens that go on with one of them may be chosen; what the forms left share is
 * appended at once, without decoding (jump-forward decoding, as in SGLang, arXiv 2312.07104, section 4).
 */
import { VerityError } from './errors.ts';
import type { AnswerForm } from './language-model.ts';
import type { TextTokenizer } from './tokenizer.ts';

interface OpenForm {
  form: AnswerForm;
  /** Tokens of its opening. */
  opening: number[];
}

export class AnswerGuide {
  private readonly tokenizer: Pick<TextTokenizer, 'encodeText' | 'tokenText'>;
  private readonly endTokens: ReadonlySet<number>;
  /** The forms that the answer so far goes on with; it has `at` tokens of their openings. */
  private open: OpenForm[];
  private at = 0;
  /** The model's own text once the opening is complete, and its tokens. */
  private own: string | undefined;
  private ownTokens = 0;
  isComplete = false;
  /** The most tokens that stand before the closing. */
  readonly longest: number;

  /** @throws VerityError badInput if there are no forms, or one's opening begins another's: they could not be told apart. */
  constructor(
    tokenizer: Pick<TextTokenizer, 'encodeText' | 'tokenText'>,
    forms: readonly AnswerForm[],
    endTokens: ReadonlySet<number>,
  ) {
    this.tokenizer = tokenizer;
    this.endTokens = endTokens;
    this.open = forms.map((form) => ({ form, opening: tokenizer.encodeText(form.opening) }));
    this.longest = Math.max(0, ...this.open.map(({ form, opening }) => opening.length + form.limit));
    const openings = forms.map(({ opening }) => opening).sort();
    if (forms.length === 0 || openings.some((opening, index) => openings[index + 1]?.startsWith(opening)))
      throw new VerityError('badInput', 'Give answer forms whose openings differ and none begins another.');
  }

  /** The tokens that every answer begins with. */
  begin(): number[] {
    return this.shared();
  }

  /** Logits of the next token: as they are, or −∞ for what no form goes on with. */
  narrow(logits: Float32Array): Float32Array {
    if (this.own !== undefined) return logits;
    const narrowed = new Float32Array(logits.length).fill(-Infinity);
    for (const { opening } of this.open) narrowed[opening[this.at]!] = logits[opening[this.at]!]!;
    return narrowed;
  }

  /** What to write when the model has chosen `token`: mostly that token and the given ones that follow from it. */
  take(token: number): number[] {
    return this.own === undefined ? this.choose(token) : this.write(this.own, token);
  }

  private choose(token: number): number[] {
    this.open = this.open.filter(({ opening }) => opening[this.at] === token);
    this.at++;
    return [token, ...this.shared()];
  }

  /** Goes on as far as all forms left agree. */
  private shared(): number[] {
    const start = this.at;
    const [{ opening }] = this.open as [OpenForm];
    while (
      this.at < opening.length &&
      this.open.every((other) => other.opening[this.at] === opening[this.at])
    )
      this.at++;
    if (this.at === opening.length) this.own = '';
    return opening.slice(start, this.at);
  }

  private write(before: string, token: number): number[] {
    const [{ form }] = this.open as [OpenForm];
    const { until, closing, limit } = form;
    if (this.endTokens.has(token)) return this.close(until + closing);
    const text = before + this.tokenizer.tokenText(token);
    const found = text.indexOf(until);
    if (found < 0) {
      this.own = text;
      return ++this.ownTokens < limit ? [token] : [token, ...this.close(until + closing)];
    }
    const end = found + until.length;
    // A token that goes beyond the end is replaced by what of it stands before.
    return end === text.length
      ? [token, ...this.close(closing)]
      : this.close(text.slice(before.length, end) + closing);
  }

  private close(text: string): number[] {
    this.isComplete = true;
    return this.tokenizer.encodeText(text);
  }
}
