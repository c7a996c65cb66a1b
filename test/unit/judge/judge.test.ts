/** The judge over a scripted model: both orders, agreement, confidence, what is no verdict, context, cancellation. */
import { describe, expect, it } from 'vitest';
import { judgePair } from '../../../server/judge/judge.ts';
import { FAMILIES } from '../../../server/judge/prompts/families.ts';
import type { Order } from '../../../server/protocol/judgment.ts';
import { Judgment } from '../../../server/protocol/judgment.ts';
import { promptText, type Script, ScriptedModel } from './scripted-model.ts';

const PAIR = { a: 'return a;\n', b: 'return b;\n', language: 'typescript' };
const { rubrics } = FAMILIES;

/** A valid output that prefers `letter`, with the answer's letter a token of its own. */
const answer = (letter: 'A' | 'B', probability = 0.9): Script => {
  const other = letter === 'A' ? 'B' : 'A';
  return [
    '<type>Reasoning</type>\n<solution>\nreturn it;\n</solution>\n',
    `<eval>\n<quote_A>one</quote_A>\n<quote_B>two</quote_B>\n${other} is wrong.\n</eval>\n`,
    '<answer>[[',
    { text: letter, probability, alternatives: { [other]: 1 - probability } },
    ']]</answer>',
  ];
};

const judge = (first: Script, second: Script) => judgePair(new ScriptedModel([first, second]), rubrics, PAIR);

describe('both orders', () => {
  it('asks for A first, then for B first, greedily and with alternatives recorded', async () => {
    const model = new ScriptedModel([answer('A'), answer('B')]);
    await judgePair(model, rubrics, PAIR);
    const places = model.requests.map(({ prompt }) => {
      const text = promptText(prompt);
      return text.indexOf('return a;') < text.indexOf('return b;');
    });
    expect(places).toEqual([true, false]);
    for (const request of model.requests) {
      expect(request.sampling.temperature).toBe(0);
      expect(request.topLogprobs).toBeGreaterThan(1);
      expect(request.maxNewTokens).toBe(rubrics.maxNewTokens);
    }
  });

  it.each(['A', 'B'] as const)('answers %s where both readings mean it', async (verdict) => {
    const swapped = verdict === 'A' ? 'B' : 'A';
    const judgment = await judge(answer(verdict, 0.9), answer(swapped, 0.7));
    expect(judgment).toMatchObject({ verdict, agreement: true, model: 'scripted' });
    expect(judgment.confidence).toBeCloseTo(0.8, 12);
    expect(judgment.orders.map(({ order, verdict }) => [order, verdict])).toEqual([
      ['AB', verdict],
      ['BA', verdict],
    ]);
  });

  it.each(['A', 'B'] as const)(
    'is undecided where both readings prefer the one read as %s',
    async (letter) => {
      const judgment = await judge(answer(letter), answer(letter));
      expect(judgment).toMatchObject({ verdict: 'undecided', agreement: false, confidence: 0 });
      expect(judgment.orders.map(({ verdict }) => verdict)).toEqual(letter === 'A' ? ['A', 'B'] : ['B', 'A']);
    },
  );

  it('gives the second reading in the letters of the first, and its raw text as written', async () => {
    const { orders } = await judge(answer('A'), answer('B'));
    expect(orders[1]!.reasoning.evaluation).toBe(
      '<quote_B>one</quote_B>\n<quote_A>two</quote_A>\nB is wrong.',
    );
    expect(orders[1]!.raw).toBe(
      answer('B')
        .map((token) => (typeof token === 'string' ? token : token.text))
        .join(''),
    );
  });

  it('streams each reading under its order', async () => {
    const streamed: Record<Order, string> = { AB: '', BA: '' };
    const { orders } = await judgePair(new ScriptedModel([answer('A'), answer('B')]), rubrics, PAIR, {
      onText: (order, delta) => (streamed[order] += delta),
    });
    expect(streamed).toEqual({ AB: orders[0]!.raw, BA: orders[1]!.raw });
  });

  it('returns what the protocol calls a judgment', async () => {
    const judgment = await judge(answer('B'), answer('A'));
    expect(Judgment.parse(judgment)).toEqual(judgment);
    expect(judgment.reasoning).toBe('A: one\nB: two\nA is wrong.');
    const text = promptText(rubrics.prompt(PAIR));
    expect(judgment.orders[0]).toMatchObject({ promptTokens: text.length, outputTokens: 5 });
  });
});

describe('no verdict', () => {
  const malformed: [string, string][] = [
    ['nothing at all', ''],
    ['both markers', '<answer>[[A]] or [[B]]</answer>'],
    ['neither marker', '<answer>A</answer>'],
    ['a marker of another letter', '<answer>[[C]]</answer>'],
    ['a marker outside the answer tag', '<eval>x</eval>[[A]]'],
    ['a marker before an empty answer tag', '[[A]]<answer></answer>'],
    ['text after the answer tag', '<answer>[[A]]</answer> or is it?'],
    ['an answer cut off', '<eval>x</eval><answer>[[A]]'],
    ['an answer that was only thought', '<think><answer>[[A]]</answer>'],
    ['an answer that only opens', '<answer>'],
    ['an answer within an answer', '<answer><answer>[[A]]</answer></answer>'],
  ];

  it.each(malformed)('%s', async (_, text) => {
    const judgment = await judge([text], answer('B'));
    expect(judgment).toMatchObject({ verdict: 'undecided', agreement: false, confidence: 0 });
    expect(judgment.orders[0]).toMatchObject({ verdict: null, confidence: 0, raw: text });
    expect(judgment.orders[1]).toMatchObject({ verdict: 'A' });
    expect(judgment.reasoning).toBe('B: one\nA: two\nB is wrong.');
  });

  it('in both readings is undecided too, and shows what was written', async () => {
    const judgment = await judge(['I like A.'], ['I like both.']);
    expect(judgment).toMatchObject({ verdict: 'undecided', agreement: false, reasoning: 'I like A.' });
  });

  it('is what an output that was cut off has, whatever it seems to end in', async () => {
    class CutOff extends ScriptedModel {
      override async generate(...args: Parameters<ScriptedModel['generate']>) {
        return { ...(await super.generate(...args)), finishReason: 'length' as const };
      }
    }
    const judgment = await judgePair(new CutOff([answer('A'), answer('B')]), rubrics, PAIR);
    expect(judgment.orders.map(({ verdict }) => verdict)).toEqual([null, null]);
  });

  it('takes the last of several answers', async () => {
    const { orders } = await judge(['<answer>[[A]]</answer>\nNo:\n<answer>[[B]]</answer>\n'], answer('A'));
    expect(orders[0]!.verdict).toBe('B');
  });
});

describe('what is not asked', () => {
  it.each([
    ['equal', 'x\ny\n', 'x\ny\n'],
    ['equal but for the last newline', 'x\n', 'x'],
    ['equal but for blank lines', 'x\n\n\ny\n', 'x\n \ny\n\n'],
    ['equal but for white space at line ends', 'x \ny\t\n', 'x\ny\n'],
    ['equal but for CRLF', 'x\r\ny\r\n', 'x\ny\n'],
    ['both empty', '', '\n'],
  ])('versions that are %s', async (_, a, b) => {
    const model = new ScriptedModel([]);
    await expect(judgePair(model, rubrics, { a, b, language: 'python' })).rejects.toMatchObject({
      name: 'VerityError',
      kind: 'badInput',
    });
    expect(model.requests).toHaveLength(0);
  });

  it('versions that differ in indentation alone are asked: it has a meaning in Python', async () => {
    const pair = { a: 'if x:\n    y()\n    z()\n', b: 'if x:\n    y()\nz()\n', language: 'python' };
    const judgment = await judgePair(new ScriptedModel([answer('A'), answer('B')]), rubrics, pair);
    expect(judgment.verdict).toBe('A');
  });
});

describe('context', () => {
  const lines = Array.from({ length: 200 }, (_, index) => `line ${index}`);
  const long = {
    a: lines.join('\n'),
    b: lines.with(100, 'changed').join('\n'),
    language: 'typescript',
  };

  it('keeps everything that fits', async () => {
    const model = new ScriptedModel([answer('A'), answer('B')]);
    await judgePair(model, rubrics, long);
    expect(model.counted).toHaveLength(1);
    expect(promptText(model.requests[0]!.prompt)).toContain('line 199');
  });

  it('drops lines far from the change until the prompt fits, the same in both orders', async () => {
    const room = promptText(rubrics.prompt({ ...long, a: '', b: '' })).length + 1000;
    const model = new ScriptedModel([answer('A'), answer('B')], {
      contextLength: room + rubrics.maxNewTokens,
    });
    await judgePair(model, rubrics, long);
    const asked = model.requests.map(({ prompt }) => promptText(prompt));
    for (const text of asked) {
      expect(text.length).toBeLessThanOrEqual(room);
      expect(text).toContain('line 99\nchanged\nline 101');
      expect(text).toContain('line 99\nline 100\nline 101');
      expect(text).not.toMatch(/line (0|199)\n/);
    }
    const used = new Set(
      asked.map((text) =>
        text
          .match(/line \d+/g)!
          .toSorted()
          .join(),
      ),
    );
    expect(used.size).toBe(1);
  });

  it('refuses a model whose context is smaller than its answer', async () => {
    const model = new ScriptedModel([], { contextLength: 512 });
    await expect(judgePair(model, rubrics, PAIR)).rejects.toMatchObject({
      kind: 'contextOverflow',
      message: expect.stringMatching(
        /^scripted has a context of 512 tokens, but its answer alone may take 2048\. Choose a model/,
      ) as string,
    });
    expect(model.counted).toHaveLength(0);
  });

  it('refuses a change that does not fit alone, and says how large it is', async () => {
    const pair = { a: 'x\n'.repeat(500), b: 'y\n'.repeat(500), language: 'typescript' };
    const model = new ScriptedModel([], { contextLength: rubrics.maxNewTokens + 100 });
    const tokens = promptText(rubrics.prompt(pair)).length;
    await expect(judgePair(model, rubrics, pair)).rejects.toMatchObject({
      name: 'VerityError',
      kind: 'contextOverflow',
      message: expect.stringMatching(
        new RegExp(`takes ${tokens} tokens; scripted reads at most 100`),
      ) as string,
    });
    expect(model.requests).toHaveLength(0);
  });
});

describe('a conversation', () => {
  const replies = { ...PAIR, conversation: [{ role: 'user', content: 'Which?' }] as const };

  it('is judged in both orders, its replies swapped', async () => {
    const model = new ScriptedModel([answer('A'), answer('B')]);
    const judgment = await judgePair(model, rubrics, replies);
    expect(judgment.verdict).toBe('A');
    for (const { prompt } of model.requests) expect(promptText(prompt)).toContain('Which?');
  });

  it('is refused by a judge that reads code alone', async () => {
    await expect(judgePair(new ScriptedModel([]), FAMILIES.compact, replies)).rejects.toMatchObject({
      kind: 'badInput',
      message: expect.stringMatching(/scripted compares code alone; choose a chat model/) as string,
    });
  });

  it('is never shortened: what does not fit is refused', async () => {
    const shared = Array.from({ length: 100 }, (_, index) => `line ${index}\n`).join('');
    const long = { ...replies, a: `one\n${shared}`, b: `two\n${shared}` };
    const model = new ScriptedModel([], { contextLength: rubrics.maxNewTokens + 500 });
    await expect(judgePair(model, rubrics, long)).rejects.toThrow(/The conversation takes \d+ tokens/);
  });
});

describe('calibration', () => {
  const calibration = { temperature: 2, judgments: 40, data: 'held-out pairs', bins: [] };
  const judged = (given?: typeof calibration) =>
    judgePair(
      new ScriptedModel([answer('A', 0.9), answer('B', 0.9)]),
      { ...rubrics, calibration: given },
      PAIR,
    );

  it('divides the log odds of the verdict, and keeps what the model said', async () => {
    const judgment = await judged(calibration);
    const share = 1 / (1 + Math.exp(-Math.log(9) / 2));
    expect(judgment.confidence).toBeCloseTo(share, 12);
    expect(judgment.rawConfidence).toBeCloseTo(0.9, 12);
    expect(judgment.calibration).toEqual(calibration);
    for (const { confidence } of judgment.orders) expect(confidence).toBeCloseTo(0.9, 12);
  });

  it('is not claimed where there is none', async () => {
    const judgment = await judged();
    expect(judgment.confidence).toBeCloseTo(0.9, 12);
    expect(judgment).not.toHaveProperty('calibration');
  });

  it('makes nothing of a disagreement', async () => {
    const model = new ScriptedModel([answer('A'), answer('A')]);
    expect(await judgePair(model, { ...rubrics, calibration }, PAIR)).toMatchObject({
      verdict: 'undecided',
      confidence: 0,
    });
  });
});

describe('cancellation', () => {
  it.each([1, 7])(
    'after %i pieces of text rejects with the reason, and nothing more is heard',
    async (pieces) => {
      const controller = new AbortController();
      const reason = new Error('the user has seen enough');
      const model = new ScriptedModel([answer('A'), answer('B')]);
      let heard = 0;
      const judging = judgePair(model, rubrics, PAIR, {
        signal: controller.signal,
        onText: () => {
          if (++heard === pieces) controller.abort(reason);
        },
      });
      await expect(judging).rejects.toBe(reason);
      expect(heard).toBe(pieces);
    },
  );
});
