/** Confidence from token probabilities, wherever the tokenizer cuts the marker. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { confidenceAt, markerConfidence } from '../../../server/judge/confidence.ts';
import { compact } from '../../../server/judge/prompts/compact.ts';
import { type Script, stepsOf } from './scripted-model.ts';

const sure = (text: string, alternatives: Record<string, number>, probability = 0.6) => ({
  text,
  probability,
  alternatives,
});

describe('at the answer marker', () => {
  const spellings: [string, Script][] = [
    ['a token of its own', ['<answer>', '[[', sure('A', { B: 0.2 }), ']]', '</answer>']],
    ['with the opening brackets', ['<answer>', sure('[[A', { '[[B': 0.2 }), ']]</answer>']],
    ['with all brackets', ['<answer>', sure('[[A]]', { '[[B]]': 0.2 }), '</answer>']],
    ['with one bracket', ['<answer>[', sure('[A', { '[B': 0.2 }), ']]</answer>']],
    ['with the closing brackets', ['<answer>[[', sure('A]]', { 'B]]': 0.2 }), '</answer>']],
    ['with the tag before it', [sure('>[[A', { '>[[B': 0.2 }), ']]</answer>']],
  ];

  it.each(spellings)('the letter %s', (_, script) => {
    expect(markerConfidence('A', stepsOf(script))).toBeCloseTo(0.75, 12);
  });

  it('counts the same side spelled by other tokens', () => {
    const script: Script = ['[[', sure('A', { 'A]': 0.1, B: 0.1, 'B]]': 0.1 }, 0.5), ']]'];
    expect(markerConfidence('A', stepsOf(script))).toBeCloseTo(0.75, 12);
  });

  it('leaves out what is neither letter', () => {
    const script: Script = ['[[', sure('A', { B: 0.3, C: 0.3, ' A': 0.1 }, 0.3), ']]'];
    expect(markerConfidence('A', stepsOf(script))).toBeCloseTo(0.5, 12);
  });

  it('is 1 where the rival is not even among the alternatives', () => {
    expect(markerConfidence('B', stepsOf(['[[', sure('B', {}, 0.4), ']]']))).toBe(1);
  });

  it('reads the last marker', () => {
    const script: Script = ['[[', sure('B', { A: 0.4 }), ']] no: [[', sure('B', { A: 0.2 }), ']]'];
    expect(markerConfidence('B', stepsOf(script))).toBeCloseTo(0.75, 12);
  });

  it('is not there without the marker', () => {
    expect(markerConfidence('A', stepsOf(['[[B]]']))).toBeUndefined();
    expect(markerConfidence('A', [])).toBeUndefined();
  });

  it('is the same however the text around the letter is cut (property)', () => {
    const around = fc.string({ unit: fc.constantFrom('x', '<', '>', ' ', 'A', 'B'), maxLength: 6 });
    fc.assert(
      fc.property(
        around,
        fc.boolean(),
        fc.boolean(),
        fc.double({ min: 0.01, max: 0.49, noNaN: true }),
        (lead, before, after, rival) => {
          const spell = (letter: string) => `${before ? '[[' : ''}${letter}${after ? ']]' : ''}`;
          const script: Script = [
            lead,
            ...(before ? [] : ['[[']),
            sure(spell('A'), { [spell('B')]: rival }, 1 - rival),
            ...(after ? [] : [']]']),
            '</answer>',
          ];
          expect(markerConfidence('A', stepsOf(script))).toBeCloseTo(1 - rival, 10);
        },
      ),
    );
  });
});

describe('anywhere', () => {
  it('is not there beyond the end', () => {
    expect(confidenceAt(stepsOf(['ab']), 2, 0, 'abc', 'abd')).toBeUndefined();
  });

  it('an alternative that holds no more than both share counts for neither', () => {
    const steps = stepsOf([sure('abc', { ab: 0.3, abd: 0.2 })]);
    expect(confidenceAt(steps, 2, 0, 'abc', 'abd')).toBeCloseTo(0.75, 12);
  });
});

describe('of the nano judge', () => {
  const pair = { a: 'let x = 1;\nreturn a + b;\n', b: 'let x = 1;\nreturn a - b;\n', language: 'javascript' };
  const script = (line: Script): Script => [
    '<type>Reasoning</type>\n',
    '<solution>\n',
    ...line,
    '</solution>\n',
  ];

  it('is read where its solution first has what one version has alone', () => {
    const line: Script = ['return a ', sure('+', { '-': 0.2 }), ' b;\n'];
    expect(compact.confidence(pair, 'A', stepsOf(script(line)))).toBeCloseTo(0.75, 12);
    const other: Script = ['return a ', sure('- b', { '+': 0.1, '+ b': 0.1 }), ';\n'];
    expect(compact.confidence(pair, 'B', stepsOf(script(other)))).toBeCloseTo(0.75, 12);
  });

  it('finds which of several changes the solution is about', () => {
    const two = { ...pair, a: `// note\n${pair.a}`, b: pair.b };
    const line: Script = ['return a ', sure('+', { '-': 0.2 }), ' b;\n'];
    expect(compact.confidence(two, 'A', stepsOf(script(line)))).toBeCloseTo(0.75, 12);
  });

  it('knows that a version without the line is quoted as nothing', () => {
    const deleted = { ...pair, b: 'let x = 1;\n' };
    const line: Script = [sure('(nothing)', { return: 0.2 }), '\n'];
    expect(compact.confidence(deleted, 'B', stepsOf(script(line)))).toBeCloseTo(0.75, 12);
  });

  it.each([
    ['no solution', ['<eval>']],
    ['a solution that quotes neither', script(['something else\n'])],
    ['the other version than the verdict', script(['return a - b;\n'])],
  ] as [string, Script][])('is not there with %s', (_, written) => {
    expect(compact.confidence(pair, 'A', stepsOf(written))).toBeUndefined();
  });

  it('is not there where the changed lines differ in indentation alone', () => {
    const indented = { a: 'if x:\n  y\n', b: 'if x:\n    y\n', language: 'python' };
    expect(compact.confidence(indented, 'A', stepsOf(script(['y\n'])))).toBeUndefined();
  });
});
