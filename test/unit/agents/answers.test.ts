/** What counts as the final answer, and which answers are the same. */
import { describe, expect, it } from 'vitest';
import { boxed, codeBlock, finalAnswer, lastNumber, sameAnswer } from '../../../server/agents/answers.ts';

describe('the final answer', () => {
  it('is what the last box holds, with the braces in it', () => {
    expect(boxed('First \\boxed{1}, then \\boxed{\\frac{1}{2}}.')).toBe('\\frac{1}{2}');
    expect(boxed('never closed: \\boxed{1')).toBeUndefined();
    expect(finalAnswer('I say \\boxed{ 42 } at last')).toBe('42');
  });

  it('is the last closed block of code where there is no box, else the text', () => {
    const text = 'First\n```python\na = 1\n```\nbetter\n```\nb = 2\n```\n';
    expect(codeBlock(text)).toBe('b = 2\n');
    expect(finalAnswer(text)).toBe('b = 2\n');
    expect(codeBlock('```python\na = 1')).toBeUndefined();
    expect(finalAnswer('  forty-two ')).toBe('forty-two');
  });

  it('may be the last number named', () => {
    expect(lastNumber('He has 3 and pays $1,234.50 in all.')).toBe('1234.50');
    expect(lastNumber('It is -7')).toBe('-7');
    expect(lastNumber('none')).toBeUndefined();
  });
});

describe('answers', () => {
  it.each([
    ['1,000', '1000'],
    ['5.0', '5'],
    ['$18', '18'],
    ['\\text{ east}', 'east'],
    ['\\dfrac{1}{2}', '\\frac{1}{2}'],
    ['\\left( 1, 2 \\right)', '(1,2)'],
    ['90^\\circ', '90'],
    ['50\\%', '50'],
    ['7.', '7'],
  ])('are the same however they are written: %s, %s', (a, b) => {
    expect(sameAnswer(a, b)).toBe(true);
    expect(sameAnswer(b, a)).toBe(true);
  });

  it.each([
    ['5', '6'],
    ['', ''],
    ['', '0'],
    ['(1,2)', '12'],
    ['0.5', '5'],
    ['-3', '3'],
    ['x', 'y'],
  ])('differ: %s, %s', (a, b) => {
    expect(sameAnswer(a, b)).toBe(false);
  });
});
