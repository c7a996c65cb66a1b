/** A review: every hunk of every file in order, each told of as it is judged. */
import { describe, expect, it } from 'vitest';
import { FAMILIES } from '../../../server/judge/prompts/families.ts';
import { reviewFiles, type ReviewedFile } from '../../../server/judge/review.ts';
import { promptText, ScriptedModel } from './scripted-model.ts';

const gap = Array.from({ length: 60 }, (_, index) => `line ${index}\n`).join('');
const FILES: ReviewedFile[] = [
  { file: 'a.ts', language: 'typescript', before: `old 1\n${gap}old 2\n`, after: `new 1\n${gap}new 2\n` },
  { file: 'same.ts', language: 'typescript', before: 'x\n', after: 'x  \n\n' },
  { file: 'b.py', language: 'python', before: 'old 3\n', after: 'new 3\n' },
];

/** Always prefers the version that says `new`. */
const model = () =>
  new ScriptedModel(({ prompt }) => {
    const text = promptText(prompt);
    return [`<answer>[[${text.indexOf('new ') < text.indexOf('old ') ? 'A' : 'B'}]]</answer>`];
  });

describe('reviewFiles', () => {
  it('judges each hunk and says so in order', async () => {
    const told: string[] = [];
    const judged = await reviewFiles(model(), FAMILIES.rubrics, FILES, undefined, {
      onHunks: (hunks) => told.push(`hunks ${hunks.map(({ file }) => file).join(' ')}`),
      onText: (index, order) => told.push(`text ${index} ${order}`),
      onJudged: (index, { verdict }) => told.push(`judged ${index} ${verdict}`),
    });
    expect(told).toEqual([
      'hunks a.ts a.ts b.py',
      ...[0, 1, 2].flatMap((index) => [`text ${index} AB`, `text ${index} BA`, `judged ${index} B`]),
    ]);
    expect(judged.map(({ file, after, judgment }) => [file, after.startLine, judgment.verdict])).toEqual([
      ['a.ts', 0, 'B'],
      ['a.ts', 61, 'B'],
      ['b.py', 0, 'B'],
    ]);
  });

  it('passes on instruction and language', async () => {
    const scripted = model();
    await reviewFiles(scripted, FAMILIES.rubrics, FILES.slice(2), 'Sort it.');
    const text = promptText(scripted.requests[0]!.prompt);
    expect(text).toContain('Sort it.');
    expect(text).toContain('```python');
  });

  it('asks nothing where nothing changed', async () => {
    const scripted = model();
    expect(await reviewFiles(scripted, FAMILIES.rubrics, FILES.slice(1, 2), undefined)).toEqual([]);
    expect(scripted.requests).toEqual([]);
  });

  it('stops when cancelled and keeps what was judged', async () => {
    const controller = new AbortController();
    const judged: number[] = [];
    const reviewing = reviewFiles(model(), FAMILIES.rubrics, FILES, undefined, {
      signal: controller.signal,
      onJudged: (index) => {
        judged.push(index);
        controller.abort(new Error('enough'));
      },
    });
    await expect(reviewing).rejects.toThrow('enough');
    expect(judged).toEqual([0]);
  });
});
