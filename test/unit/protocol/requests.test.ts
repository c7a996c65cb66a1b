/** What the schemas at the process boundary take, complete and refuse. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { z } from 'zod';
import { Hunk, Judgment } from '../../../server/protocol/judgment.ts';
import {
  Caller,
  ErrorCode,
  InitializationOptions,
  JudgeParams,
  JudgePartial,
  Outcome,
  ReviewParams,
  ReviewPartial,
  ReviewResult,
  Status,
} from '../../../server/protocol/requests.ts';
import { judgment } from './judgments.ts';

const STATUS = {
  version: '0.1.0',
  pid: 1,
  models: [{ id: 'nano-judge', state: 'ready', device: 'cpu', dtype: 'fp32', deaths: 0 }],
  memory: { heldBytes: 1, limitBytes: 2 },
  queue: { running: 0, waiting: 0 },
  outcomes: [],
};
const HUNK = {
  file: 'a.ts',
  before: { startLine: 0, endLine: 1 },
  after: { startLine: 0, endLine: 0 },
  fingerprint: 'f0',
};

describe('what is taken', () => {
  it.each<[string, z.ZodType, unknown]>([
    ['a judgment', Judgment, judgment('A')],
    ['an undecided judgment', Judgment, judgment('A', 'B')],
    ['a judgment without a valid verdict', Judgment, judgment(null)],
    ['a hunk', Hunk, HUNK],
    ['partial text', JudgePartial, { order: 'BA', text: '' }],
    ['a review', ReviewResult, { hunks: [{ ...HUNK, judgment: judgment('B') }] }],
    ['partial hunks', ReviewPartial, { kind: 'hunks', hunks: [HUNK] }],
    ['partial judgment', ReviewPartial, { kind: 'judged', index: 0, judgment: judgment('B') }],
    ['a status', Status, STATUS],
    ['no options', InitializationOptions, {}],
  ])('%s, unchanged and after a way through JSON', (_, schema, value) => {
    expect(schema.parse(value)).toEqual(value);
    expect(schema.parse(JSON.parse(JSON.stringify(value)))).toEqual(value);
  });

  it('a request without a language asks for plain text', () => {
    expect(JudgeParams.parse({ a: '', b: '' })).toEqual({ a: '', b: '', language: 'plaintext' });
    const review = { files: [{ file: 'f', before: '', after: '' }] };
    expect(ReviewParams.parse(review).files[0]!.language).toBe('plaintext');
  });

  it('what an editor knows of a file, in part or in whole', () => {
    const range = { startLine: 0, endLine: 2 };
    const file = { file: 'f', language: 'x', before: '', after: '', only: range };
    const context = {
      functions: [range],
      imports: [range],
      callers: [{ calls: range, file: 'g', text: '' }],
    };
    const whole = { files: [{ ...file, firstLine: { before: 1, after: 2 }, context }] };
    expect(ReviewParams.parse(whole)).toEqual(whole);
    expect(ReviewParams.parse({ files: [{ ...file, context: {} }] }).files[0]!.context).toEqual({
      functions: [],
      imports: [],
      callers: [],
    });
  });

  it('both kinds of progress token', () => {
    const params = { a: '', b: '', language: 'x', workDoneToken: 1, partialResultToken: 'p' };
    expect(JudgeParams.parse(params)).toEqual(params);
  });
});

describe('what is refused', () => {
  const without = (value: object, key: string) =>
    Object.fromEntries(Object.entries(value).filter(([name]) => name !== key));

  it.each<[string, z.ZodType, unknown]>([
    ['a request without B', JudgeParams, { a: '' }],
    ['a version that is no text', JudgeParams, { a: '', b: 1 }],
    ['a token that is an object', JudgeParams, { a: '', b: '', workDoneToken: {} }],
    ['files that are no list', ReviewParams, { files: {} }],
    ['a file without its content before', ReviewParams, { files: [{ file: 'f', after: '' }] }],
    ['a caller without text', Caller, { calls: HUNK.after, file: 'f' }],
    ['a caller that is a whole library', Caller, { calls: HUNK.after, file: 'f', text: 'x'.repeat(20_001) }],
    ['an unknown verdict', Judgment, { ...judgment('A'), verdict: 'C' }],
    ['a confidence above 1', Judgment, { ...judgment('A'), confidence: 1.1 }],
    ['a confidence that is no number', Judgment, { ...judgment('A'), confidence: NaN }],
    ['a judgment without orders', Judgment, without(judgment('A'), 'orders')],
    ['an unknown order', JudgePartial, { order: 'AA', text: '' }],
    ['a negative line', Hunk, { ...HUNK, before: { startLine: -1, endLine: 1 } }],
    ['half a line', Hunk, { ...HUNK, before: { startLine: 0.5, endLine: 1 } }],
    ['an unknown kind', ReviewPartial, { kind: 'done' }],
    ['an unknown state', Status, { ...STATUS, models: [{ ...STATUS.models[0], state: 'asleep' }] }],
    ['an unknown outcome', Outcome, { request: 'judge', outcome: 'lost', at: '', ms: 0 }],
    ['a model that is no path', InitializationOptions, { judgeModel: 1 }],
  ])('%s', (_, schema, value) => {
    expect(schema.safeParse(value).success).toBe(false);
  });

  it('anything: schemas judge, they never throw (property)', () => {
    const schemas = [JudgeParams, ReviewParams, ReviewPartial, Judgment, Status, InitializationOptions];
    fc.assert(
      fc.property(fc.anything(), fc.constantFrom<z.ZodType[]>(...schemas), (value, schema) => {
        schema.safeParse(value);
      }),
    );
  });
});

it('error codes differ and lie outside those that JSON-RPC and LSP reserve', () => {
  const codes = Object.values(ErrorCode);
  expect(new Set(codes).size).toBe(codes.length);
  for (const code of codes) expect(code).toBeLessThan(-32899);
});
