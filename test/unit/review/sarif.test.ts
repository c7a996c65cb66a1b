/** SARIF: valid by the official schema, one result per finding, places as code scanning reads them. */
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { reviewSarif } from '../../../server/review/sarif.ts';
import { sarifErrors } from '../../sarif.ts';
import { fine, judgedHunk, undecided, unsure, worse } from './hunks.ts';

const Log = z.object({
  runs: z.tuple([
    z.object({
      results: z.array(
        z.object({
          level: z.string(),
          message: z.object({ text: z.string() }),
          locations: z.tuple([
            z.object({
              physicalLocation: z.object({
                artifactLocation: z.object({ uri: z.string() }),
                region: z.object({ startLine: z.number(), endLine: z.number() }),
              }),
            }),
          ]),
          partialFingerprints: z.record(z.string(), z.string()),
        }),
      ),
    }),
  ]),
});
const results = (...args: Parameters<typeof reviewSarif>) => Log.parse(reviewSarif(...args)).runs[0].results;

describe('a log', () => {
  it.each([
    ['without findings', []],
    ['with findings', [worse, unsure, fine, undecided]],
    [
      'with a deletion at the start of a strange file',
      [judgedHunk({ file: 'größe 1%/a:b#c?.ts', after: { startLine: 0, endLine: 0 } })],
    ],
  ])('%s is valid', (_, hunks) => {
    expect(sarifErrors(reviewSarif(hunks, '1.2.3'))).toEqual([]);
  });

  it('the schema refuses what is no SARIF', () => {
    expect(sarifErrors({ version: '2.1.0', runs: [{}] })).not.toEqual([]);
    expect(sarifErrors({ ...reviewSarif([], '1'), version: '2.0.0' })).not.toEqual([]);
  });
});

describe('a result', () => {
  it('stands for each finding, with its severity, lines from 1 and its fingerprint', () => {
    const [first, second, ...others] = results([worse, fine, unsure], '1');
    expect(others).toEqual([]);
    expect([first!.level, second!.level]).toEqual(['warning', 'note']);
    expect(first!.locations[0].physicalLocation.region).toEqual({ startLine: 14, endLine: 15 });
    expect(first!.partialFingerprints).toEqual({ 'verityHunk/v1': worse.fingerprint });
    expect(first!.message.text).toContain('off by one');
  });

  it('keeps to the threshold', () => {
    expect(results([worse, unsure], '1', { minConfidence: 0.7 })).toHaveLength(1);
    expect(results([worse], '1', { isDismissed: () => true })).toEqual([]);
  });

  it('places a deletion at the line it left, and escapes what is no URI', () => {
    const [result] = results([judgedHunk({ file: 'a b/c:d.ts', after: { startLine: 4, endLine: 4 } })], '1');
    expect(result!.locations[0].physicalLocation).toEqual({
      artifactLocation: { uri: 'a%20b/c%3Ad.ts' },
      region: { startLine: 5, endLine: 5 },
    });
  });
});
