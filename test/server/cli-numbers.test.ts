/** The commands that scripts measure with: `verity logits` against PyTorch, and `verity eval judge`. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import {
  CHECKPOINTS,
  checkpointDirectory,
  golden,
  goldenTensors,
  relativeError,
} from '../unit/runtime/fixtures.ts';
import { example } from './support/bundles.ts';
import { verity, verityJson } from './support/cli.ts';
import { folder } from './support/files.ts';

const Rows = z.array(z.array(z.number()));
const Evaluated = z.object({ logits: Rows, hidden: Rows });

describe('verity logits', () => {
  it.each(CHECKPOINTS)('computes for %s what PyTorch computes', async (name) => {
    const { prompt } = await golden(name);
    const reference = await goldenTensors(name);
    const args = ['--tokens', prompt.join(), '--device', 'cpu', '--dtype', 'fp32'];
    const { logits, hidden } = Evaluated.parse(
      await verityJson(['logits', checkpointDirectory(name), ...args]),
    );
    expect([logits.length, hidden.length]).toEqual([prompt.length, prompt.length]);
    expect(relativeError(Float32Array.from(logits.flat()), reference.prefill_logits)).toBeLessThan(1e-4);
    expect(relativeError(Float32Array.from(hidden.flat()), reference.prefill_hidden)).toBeLessThan(1e-4);
  });
});

describe('verity eval judge', () => {
  const languages = { average: 'python', cart: 'javascript', export: 'python', session: 'javascript' };
  const endings = { python: 'py', javascript: 'js' } as const;
  const pairs = (['average', 'cart', 'export', 'session', 'average'] as const).map((name, index) => {
    const language = languages[name] as keyof typeof endings;
    const code = (side: string) => readFileSync(example(`${name}.${side}.${endings[language]}`), 'utf8');
    return { id: String(index), language, bug: name, good: code('good'), bad: code('bad') };
  });
  const share = z.number().min(0).max(1);
  const group = z.object({ pairs: z.number().int(), bothRight: share });
  const Figures = z.object({
    pairs: z.literal(4),
    bothRight: share,
    agreement: share,
    accuracyWhereAgreed: share,
    orderAccuracy: share,
    noVerdict: share,
    expectedCalibrationError: share,
    medianMs: z.number().positive(),
    byLanguage: z.object({ python: group, javascript: group }),
    byBug: z.record(z.string(), group),
    machine: z.object({ cpu: z.string(), cores: z.number().int(), node: z.literal(process.version) }),
  });

  it('judges the first pairs and reports its figures, also in a file', async () => {
    const data = pairs.map((pair) => JSON.stringify(pair)).join('\n');
    const path = folder({ 'pairs.jsonl': `${data}\n` });
    const args = ['--data', 'pairs.jsonl', '--limit', '4', '--out', 'figures.json', '--json'];
    const printed = Figures.parse(await verityJson(['eval', 'judge', ...args], { cwd: path }));
    expect(printed.byLanguage).toMatchObject({ python: { pairs: 2 }, javascript: { pairs: 2 } });
    expect(Object.keys(printed.byBug)).toEqual(['average', 'cart', 'export', 'session']);
    expect(printed.bothRight).toBeLessThanOrEqual(printed.agreement);
    expect(Figures.parse(JSON.parse(readFileSync(join(path, 'figures.json'), 'utf8')))).toEqual(printed);
  });

  it('prints a table for people', async () => {
    const path = folder({ 'pairs.jsonl': JSON.stringify(pairs[0]) });
    const { code, stdout } = await verity(['eval', 'judge', '--data', 'pairs.jsonl'], { cwd: path });
    expect(code).toBe(0);
    expect(stdout).toMatch(
      /^1 pairs, each in both orders\n {2}both orders right +\d+\.0 % \([\d.]+–[\d.]+\)\n/,
    );
  });
});
