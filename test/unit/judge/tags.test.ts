/** The tag parser: whole outputs, outputs cut off anywhere, hostile outputs; letters exchanged where they name a side. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  parseTags,
  readableEvaluation,
  swapLetters,
  swapReasoning,
  TagReader,
} from '../../../server/judge/tags.ts';

const REASONING = `<type>Reasoning</type>
<solution>
return a + b;
</solution>
<eval>
<quote_A>return a - b;</quote_A>
<quote_B>return a + b;</quote_B>
A is wrong: it subtracts.
</eval>
<answer>[[B]]</answer>`;

const CHAT = `<think>Hm.
Which one?</think>
<type>Chat</type>
<rubric>Clarity (60 %), tone (40 %)<justify>The client asks for both.</justify></rubric>
<eval><summary_A>polite</summary_A><summary_B>curt</summary_B> Chatbot A is clearer.</eval>
<answer>[[A]]</answer>
`;

/** Text made of tags, markers and what breaks parsers. */
const hostile = fc
  .array(
    fc.oneof(
      fc
        .constantFrom('type', 'rubric', 'solution', 'eval', 'answer', 'think', 'quote_A', 'x')
        .chain((tag) => fc.constantFrom(`<${tag}>`, `</${tag}>`, `<${tag}`, `<${tag} id="1">`, `<${tag}/>`)),
      fc.constantFrom('[[A]]', '[[B]]', '[[C]]', '[[', ']]', '\n', '\0', '\u2028', '<', '>', '&lt;'),
      fc.string({ unit: 'binary', maxLength: 4 }),
    ),
    { maxLength: 24 },
  )
  .map((pieces) => pieces.join(''));

describe('parseTags', () => {
  it('reads a Reasoning output', () => {
    expect(parseTags(REASONING)).toEqual({
      verdict: 'B',
      reasoning: {
        type: 'Reasoning',
        solution: 'return a + b;',
        rubric: null,
        evaluation:
          '<quote_A>return a - b;</quote_A>\n<quote_B>return a + b;</quote_B>\nA is wrong: it subtracts.',
        thinking: null,
      },
    });
  });

  it('reads a Chat output after thinking', () => {
    expect(parseTags(CHAT)).toEqual({
      verdict: 'A',
      reasoning: {
        type: 'Chat',
        solution: null,
        rubric: 'Clarity (60 %), tone (40 %)<justify>The client asks for both.</justify>',
        evaluation: '<summary_A>polite</summary_A><summary_B>curt</summary_B> Chatbot A is clearer.',
        thinking: 'Hm.\nWhich one?',
      },
    });
  });

  it('reads thinking whose opening tag stood in the prompt', () => {
    const { reasoning, verdict } = parseTags('so it is B</think><eval>B</eval><answer>[[B]]</answer>');
    expect(reasoning.thinking).toBe('so it is B');
    expect(verdict).toBe('B');
  });

  it('takes nothing said while thinking for a part', () => {
    const { reasoning, verdict } = parseTags('<think><eval>x</eval><answer>[[A]]</answer>');
    expect(reasoning).toMatchObject({ evaluation: null, thinking: '<eval>x</eval><answer>[[A]]</answer>' });
    expect(verdict).toBeNull();
  });

  it('lets a part that never closes run to the next one', () => {
    expect(parseTags('<solution>a\n<eval>b\n<answer>[[A]]').reasoning).toMatchObject({
      solution: 'a',
      evaluation: 'b',
    });
  });

  it('takes the first of each part', () => {
    expect(parseTags('<eval>one</eval><eval>two</eval>').reasoning.evaluation).toBe('one');
  });

  it('never throws on any cut of an output, and has a verdict only at its end (property)', () => {
    for (const output of [REASONING, CHAT.trimEnd()])
      for (let end = 0; end <= output.length; end++) {
        const { verdict } = parseTags(output.slice(0, end));
        expect(verdict).toBe(end === output.length ? parseTags(output).verdict : null);
      }
  });

  it('streams: a part once begun is never lost by what follows (property)', () => {
    let [solution, evaluation] = ['', ''];
    for (let end = 0; end <= REASONING.length; end++) {
      const { reasoning } = parseTags(REASONING.slice(0, end));
      if (solution !== '') expect(reasoning.solution).not.toBeNull();
      if (evaluation !== '') expect(reasoning.evaluation).not.toBeNull();
      solution = reasoning.solution ?? '';
      evaluation = reasoning.evaluation ?? '';
    }
    expect(solution).toBe('return a + b;');
    expect(evaluation).toContain('it subtracts');
  });

  it('survives hostile text; a verdict means one marker in one answer at the end (property)', () => {
    fc.assert(
      fc.property(hostile, (output) => {
        const { verdict, reasoning } = parseTags(output);
        for (const part of Object.values(reasoning)) if (part !== null) expect(output).toContain(part);
        if (verdict === null) return;
        const last = output.slice(output.lastIndexOf('<answer>'));
        expect(last.trimEnd().endsWith('</answer>')).toBe(true);
        expect([last.includes('[[A]]'), last.includes('[[B]]')]).toEqual([verdict === 'A', verdict === 'B']);
      }),
      { numRuns: 2000 },
    );
  });

  it('a verdict survives whatever stands before it, unless that opens thinking (property)', () => {
    fc.assert(
      fc.property(hostile, fc.constantFrom('A', 'B'), (before, letter) => {
        fc.pre(!before.includes('think>'));
        expect(parseTags(`${before}\n<answer>[[${letter}]]</answer>\n`).verdict).toBe(letter);
      }),
      { numRuns: 1000 },
    );
  });

  it('reads 200 kB of unclosed tags in one pass', () => {
    const { verdict, reasoning } = parseTags('<eval><answer>'.repeat(15_000));
    expect(verdict).toBeNull();
    expect(reasoning.evaluation).toBe('');
  });
});

describe('TagReader', () => {
  const chunked = fc.tuple(
    fc.oneof(
      hostile,
      fc.constantFrom(REASONING, CHAT, `${CHAT}${REASONING}`, REASONING.replace('</solution>', '')),
    ),
    fc.array(fc.integer({ min: 1, max: 12 }), { minLength: 1, maxLength: 40 }),
  );

  it('reads the same however the output is cut into pieces, at every moment (property)', () => {
    fc.assert(
      fc.property(chunked, ([output, sizes]) => {
        const reader = new TagReader();
        for (let from = 0, turn = 0; from < output.length; turn++) {
          const size = sizes[turn % sizes.length]!;
          reader.push(output.slice(from, from + size));
          from += size;
          expect(reader.read()).toEqual(parseTags(output.slice(0, from)));
        }
      }),
      { numRuns: 1500 },
    );
  });

  it('has read a part the moment its tag closes, and changes its mind only for thinking', () => {
    const reader = new TagReader().push('<eval>one</eval>');
    expect(reader.read().reasoning.evaluation).toBe('one');
    expect(reader.push('<eval>two</eval>').read().reasoning.evaluation).toBe('one');
    expect(reader.push('</think><eval>three').read().reasoning).toMatchObject({
      evaluation: 'three',
      thinking: '<eval>one</eval><eval>two</eval>',
    });
  });

  it.each([
    ['nested in a part', '<solution>f("<eval>x</eval>")</solution><eval>y</eval>', 'y'],
    ['nested in itself', '<eval>a<eval>b</eval>', 'a<eval>b'],
    ['never closed', '<eval>a\n<answer>[[A]]</answer>', 'a'],
    ['closed by another', '<eval>a</solution>', 'a</solution>'],
    ['after the answer', '<answer>[[A]]</answer><eval>late</eval>', 'late'],
    ['closed before it opens', '</eval><eval>a</eval>', 'a'],
  ])('an evaluation %s', (_, output, evaluation) => {
    expect(parseTags(output).reasoning.evaluation).toBe(evaluation);
  });

  it('takes 20,000 single characters at once', () => {
    const reader = new TagReader();
    const started = performance.now();
    for (const character of `<eval>${'x<'.repeat(10_000)}`) reader.push(character);
    expect(reader.read().reasoning.evaluation).toHaveLength(20_000);
    expect(performance.now() - started).toBeLessThan(5000);
  });
});

describe('swapLetters', () => {
  it.each([
    ['A is wrong: it subtracts.', 'B is wrong: it subtracts.'],
    ["B's loop ends early.", "A's loop ends early."],
    ['Version A checks, version B does not.', 'Version B checks, version A does not.'],
    ['Chatbot A and Chatbot B agree.', 'Chatbot B and Chatbot A agree.'],
    ['A and B are equal, but B handles null.', 'B and A are equal, but A handles null.'],
    ['version A is better than B.', 'version B is better than A.'],
    ['Unlike B, only A closes the file.', 'Unlike A, only B closes the file.'],
    ["B doesn't check; A or B would do.", "A doesn't check; B or A would do."],
    ['I prefer A because B never ends.', 'I prefer B because A never ends.'],
    ['so [[A]], not [[B]]', 'so [[B]], not [[A]]'],
    ['<quote_A>x</quote_A><summary_B>y</summary_B>', '<quote_B>x</quote_B><summary_A>y</summary_A>'],
  ])('%s', (text, swapped) => {
    expect(swapLetters(text)).toBe(swapped);
  });

  it.each([
    ['an article', 'A loop is missing. A comment, too.'],
    ['a word', 'ABC and BAD are constants'],
    ['code in backticks', '`A is B` and `[[A]]`'],
    ['a plan', 'Plan B, vitamin A, appendix B'],
  ])('leaves %s alone', (_, text) => {
    expect(swapLetters(text)).toBe(text);
  });

  it('leaves quoted code alone but for the tag', () => {
    expect(swapLetters('<quote_A>version A is [[A]]</quote_A>')).toBe(
      '<quote_B>version A is [[A]]</quote_B>',
    );
  });

  it('twice is nothing (property)', () => {
    const pieces = fc.constantFrom(
      'A is',
      'B has',
      'version A',
      'Chatbot B',
      "A's",
      'code B lacks',
      '[[A]]',
      '[[B]]',
      'A',
      'B',
      'a',
      '<quote_A>',
      '</quote_A>',
      '<quote_B>',
      '</quote_B>',
      '<summary_A>',
      '</summary_B>',
      '`',
      ' ',
      ' ',
      '\n',
      '.',
    );
    fc.assert(
      fc.property(fc.array(pieces, { maxLength: 20 }), (words) => {
        const text = words.join('');
        expect(swapLetters(swapLetters(text))).toBe(text);
      }),
      { numRuns: 2000 },
    );
  });

  it('keeps the length of any text (property)', () => {
    fc.assert(fc.property(hostile, (text) => swapLetters(text).length === text.length));
  });

  it('exchanges all but type and solution of a reasoning', () => {
    const all = { type: 'A is', solution: 'A is', rubric: 'A is', evaluation: 'A is', thinking: 'A is' };
    expect(swapReasoning(all)).toEqual({
      type: 'A is',
      solution: 'A is',
      rubric: 'B is',
      evaluation: 'B is',
      thinking: 'B is',
    });
    const none = { type: null, solution: null, rubric: null, evaluation: null, thinking: null };
    expect(swapReasoning(none)).toEqual(none);
  });
});

describe('readableEvaluation', () => {
  it('names the quotes and drops the other tags', () => {
    const text = '<quote_A> x </quote_A>\n<summary_B>short</summary_B> <justify>why</justify> <quote_B>y';
    expect(readableEvaluation(text)).toBe('A: x\nshort why y');
  });
});
