/** Answers of a given form: the model chooses where the forms part and writes its own part, nothing else. */
import { afterAll, describe, expect, it } from 'vitest';
import { AnswerGuide } from '../../../server/runtime/guide.ts';
import type { AnswerForm } from '../../../server/runtime/language-model.ts';
import { loadLanguageModel } from '../../../server/runtime/load.ts';
import { checkpointDirectory, expectVerityError, greedyRequest } from './fixtures.ts';

/** Each character is a token; so are the texts of `LONG`. */
const LONG = ['.\n', '.\nmore', '\n'];
const FIRST_LONG = 0x11_0000;
const END = FIRST_LONG + LONG.length;
const tokenizer = {
  encodeText: (text: string) => Array.from(text, (character) => character.codePointAt(0)!),
  tokenText: (id: number) => LONG[id - FIRST_LONG] ?? String.fromCodePoint(id),
};
const spell = (tokens: number[]) => tokens.map(tokenizer.tokenText).join('');
const char = (character: string) => character.codePointAt(0)!;
const chars = (text: string) => Array.from(text, char);

const form = (opening: string, closing: string): AnswerForm => ({ opening, until: '\n', limit: 5, closing });
const FORMS = [form('say yes: ', 'Y'), form('say yeah: ', 'H'), form('say no: ', 'N')];
const guide = (forms = FORMS) => new AnswerGuide(tokenizer, forms, new Set([END]));

/** Follows the guide with tokens that it must allow. */
function follow(tokens: number[], forms = FORMS): { guide: AnswerGuide; text: string } {
  const followed = guide(forms);
  let text = spell(followed.begin());
  for (const token of tokens) text += spell(followed.take(token));
  return { guide: followed, text };
}

describe('AnswerGuide', () => {
  it('gives what all forms share, and what follows from a choice', () => {
    expect(follow([]).text).toBe('say ');
    expect(follow([char('n')]).text).toBe('say no: ');
    expect(follow([char('y')]).text).toBe('say ye');
    expect(follow([char('y'), char('a')]).text).toBe('say yeah: ');
  });

  it('allows only what a form goes on with, then anything', () => {
    const { guide: followed } = follow([char('y')]);
    const logits = Float32Array.from({ length: 200 }, (_, index) => index);
    const allowed = followed.narrow(logits);
    const finite = [...allowed.keys()].filter((index) => allowed[index]! > -Infinity);
    expect(finite).toEqual([char('a'), char('s')]);
    expect(finite.map((index) => allowed[index])).toEqual(finite);
    followed.take(char('s'));
    expect(followed.narrow(logits)).toBe(logits);
  });

  it.each([
    ['its end', chars('ok\n'), 'say no: ok\nN'],
    ['a token that ends with it', [char('k'), FIRST_LONG], 'say no: k.\nN'],
    ['a token that goes beyond it', [char('k'), FIRST_LONG + 1], 'say no: k.\nN'],
    ['an end token', [char('k'), END], 'say no: k\nN'],
    ['its limit', chars('abcde'), 'say no: abcde\nN'],
  ])('closes the own text at %s', (_, own, text) => {
    const followed = follow([char('n'), ...own]);
    expect(followed.text).toBe(text);
    expect(followed.guide.isComplete).toBe(true);
    expect(follow([char('n'), ...own.slice(0, -1)]).guide.isComplete).toBe(false);
  });

  it('finds an end that several tokens spell', () => {
    const forms = [{ opening: '>', until: '</e>', limit: 9, closing: '!' }];
    expect(follow(chars('a<</e>'), forms).text).toBe('>a<</e>!');
  });

  it('goes straight to its own text where there is one form', () => {
    expect(follow([], [form('only: ', '.')]).text).toBe('only: ');
  });

  it.each([[[]], [[form('a', '')]].map(([one]) => [one!, one!]), [[form('a', ''), form('ab', '')]]])(
    'refuses forms that cannot be told apart',
    (forms) => expect(() => guide(forms)).toThrow(/openings differ/),
  );

  it('knows the most tokens before the closing', () => {
    expect(guide().longest).toBe('say yeah: '.length + 5);
  });
});

describe('a model under a guide', async () => {
  const model = await loadLanguageModel(checkpointDirectory('qwen3-sharded'), { threads: 1 });
  afterAll(() => model.dispose());
  const prompt = [{ text: 'function sum(a, b) {' }];
  const forms = ['return a + b;', 'return a - b;', 'throw'].map((code, index) => ({
    opening: `<code>${code}</code> because`,
    until: '\n',
    limit: 6,
    closing: `[${index}]`,
  }));
  const request = { ...greedyRequest(prompt, { maxNewTokens: 1, topLogprobs: 5 }), forms };
  const written = await model.generate(request);

  it('writes one of the forms, whole, and streams it', async () => {
    const deltas: string[] = [];
    const { text, finishReason } = await model.generate(request, { onText: (delta) => deltas.push(delta) });
    expect(text).toMatch(/^<code>(return a [+-] b;|throw)<\/code> because[^\n]*\n\[[012]\]$/);
    const index = Number(/\[(\d)\]$/.exec(text)?.[1]);
    expect(text.startsWith(forms[index]!.opening)).toBe(true);
    expect(finishReason).toBe('form');
    expect(deltas.join('')).toBe(text);
    expect(written.steps.map(({ text }) => text).join('')).toBe(text);
  });

  it('chooses as the model itself does among what is allowed', async () => {
    const at = written.steps.findIndex(({ top }) => top.length > 0);
    const before = written.steps
      .slice(0, at)
      .map(({ text }) => text)
      .join('');
    const choice = written.steps[at]!;
    const free = await model.generate(
      greedyRequest([...prompt, { text: before }], { maxNewTokens: 1, topLogprobs: 512 }),
    );
    const logprob = (token: number) => free.steps[0]!.top.find((entry) => entry.token === token)!.logprob;
    const mass = choice.top.reduce((sum, { token }) => sum + Math.exp(logprob(token)), 0);
    expect(choice.top.length).toBeGreaterThan(1);
    for (const { token, logprob: narrowed } of choice.top)
      expect(narrowed).toBeCloseTo(logprob(token) - Math.log(mass), 3);
    expect(choice.token).toBe(choice.top[0]!.token);
  });

  it('gives given tokens the probability 1 and no alternatives', () => {
    const given = written.steps.filter(({ top }) => top.length === 0);
    expect(given.length).toBeGreaterThan(5);
    expect(given.every(({ logprob }) => logprob === 0)).toBe(true);
  });

  it('may sample, and then writes a form as well', async () => {
    const texts = new Set<string>();
    for (let seed = 0; seed < 8; seed++) {
      const sampling = { ...request.sampling, temperature: 3, seed };
      const { text, finishReason } = await model.generate({ ...request, sampling });
      expect(finishReason).toBe('form');
      texts.add(text);
    }
    expect(texts.size).toBeGreaterThan(1);
  });

  it('keeps nothing pinned, and refuses what does not fit', async () => {
    const long = { ...forms[0]!, opening: 'x '.repeat(600) };
    await expectVerityError(
      model.generate({ ...request, forms: [long] }),
      'contextOverflow',
      /kept for the answer/,
    );
    expect((await model.generate(request)).text).toBe(written.text);
  });
});
