/** `verity judge` on two files, and how every command ends: what scripts rely on. */
import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Calibration, Order, Verdict } from '../../server/protocol/judgment.ts';
import { EMBEDDED_JUDGE, example } from './support/bundles.ts';
import { endlessJudge } from './support/checkpoints.ts';
import { Command, expectOneLine, verity, verityJson } from './support/cli.ts';
import { PAIR } from './support/code.ts';
import { folder } from './support/files.ts';

const FILES = [example('average.good.py'), example('average.bad.py')];

/** The keys that scripts may rely on. */
const Printed = z.object({
  verdict: Verdict,
  confidence: z.number().min(0).max(1),
  orders: z
    .array(z.object({ order: Order, verdict: z.enum(['A', 'B']).nullable(), confidence: z.number() }))
    .length(2),
  reasoning: z.string(),
  model: z.literal('nano-judge'),
  timings: z.object({ firstTokenMs: z.number(), totalMs: z.number(), tokensPerSecond: z.number() }),
});

describe('a judgment', () => {
  it('is one JSON object with --json', async () => {
    const instruction = ['--instruction', 'Compute the mean of a list.'];
    const printed = Printed.parse(await verityJson(['judge', ...FILES, ...instruction, '--json']));
    const verdicts = printed.orders.map(({ verdict }) => verdict);
    const agreed = verdicts[0] === verdicts[1] ? verdicts[0] : null;
    expect(printed.verdict).toBe(agreed ?? 'undecided');
    if (agreed === null) expect(printed.confidence).toBe(0);
  });

  it('is text for people without it', async () => {
    const { code, stdout, stderr } = await verity(['judge', ...FILES, '--model', `judge=${EMBEDDED_JUDGE}`]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^(Version [AB] is better \(\d+ %, both orders agree\)|Undecided)/);
    expect(stdout).toMatch(/read as AB: .*\n.*read as BA: /);
    expect(stdout).toMatch(/nano-judge: first word after \d+ ms, \d+ ms in all, \d+ tokens\/s\n$/);
  });

  it('is made by the product, whatever lies in the folder it is asked in', async () => {
    const spy = "require('node:fs').writeFileSync('spied', '');";
    const path = folder({
      'a.ts': PAIR.a,
      'b.ts': PAIR.b,
      'models/nano-judge/config.json': '{}',
      'models/nano-judge/verity.json': '{"promptFamily": "rubrics"}',
      'verity.json': '{"promptFamily": "rubrics", "judge": "models/nano-judge"}',
      '.env': 'NODE_OPTIONS=--require ./spy.cjs',
      'spy.cjs': spy,
      'package.json': '{"type": "commonjs", "main": "spy.cjs"}',
      'worker.mjs': "import './spy.cjs';",
      'dist/worker.mjs': "import '../spy.cjs';",
      'node_modules/onnxruntime-node/index.js': spy,
      'node_modules/onnxruntime-common/index.js': spy,
    });
    Printed.parse(await verityJson(['judge', 'a.ts', 'b.ts', '--json'], { cwd: path }));
    expect(() => readFileSync(join(path, 'spied'))).toThrow(/ENOENT/);
  });
});

describe('votes', () => {
  it('are counted per order, and the judgment says so', async () => {
    const Counts = z.object({ A: z.number(), B: z.number(), none: z.number() });
    const Voted = Printed.extend({ orders: z.array(z.looseObject({ votes: Counts })).length(2) });
    const { orders } = Voted.parse(await verityJson(['judge', ...FILES, '--votes', '3', '--json']));
    for (const { votes } of orders) expect(votes.A + votes.B + votes.none).toBe(3);
    const { stdout } = await verity(['judge', ...FILES, '--votes', '3']);
    expect(stdout).toMatch(/read as AB: .*votes A \d, B \d, none \d/);
    expect(stdout).toContain('confidence: the share of votes');
  });
});

describe('three candidates', () => {
  const code = (divisor: string) => `def mean(xs):\n    return sum(xs) / ${divisor}\n`;
  const files = { 'one.py': code('len(xs)'), 'two.py': code('(len(xs) - 1)'), 'three.py': code('3') };

  it('are ranked by comparisons in both orders', async () => {
    const Ranked = z.object({
      ranking: z
        .array(
          z.object({
            candidate: z.string(),
            strength: z.number(),
            interval: z.tuple([z.number(), z.number()]),
            wins: z.number(),
            losses: z.number(),
            undecided: z.number(),
          }),
        )
        .length(3),
      comparisons: z.array(z.object({ a: z.number(), b: z.number(), verdict: Verdict })).length(3),
      method: z.literal('round robin'),
    });
    const cwd = folder(files);
    const args = ['judge', ...Object.keys(files)];
    const { ranking } = Ranked.parse(JSON.parse((await verity([...args, '--json'], { cwd })).stdout));
    expect(ranking.map(({ candidate }) => candidate).toSorted()).toEqual(Object.keys(files).toSorted());
    for (const { wins, losses, undecided } of ranking) expect(wins + losses + undecided).toBe(2);
    for (const [index, { strength, interval }] of ranking.entries()) {
      expect(strength).toBeLessThanOrEqual((ranking[index - 1]?.strength ?? Infinity) + 1e-6);
      expect(interval[0]).toBeLessThan(interval[1]);
    }
    const { code: status, stdout, stderr } = await verity(args, { cwd });
    expect({ status, stderr }).toEqual({
      status: 0,
      stderr: 'comparison 1 of 3\ncomparison 2 of 3\ncomparison 3 of 3\n',
    });
    expect(stdout).toMatch(/^1\. \w+\.py\n {3}strength [+−]\d\.\d\d \(95 %: [^)]+\), \d won/);
  });
});

describe('verity calibrate', () => {
  it('keeps the temperature beside the model, and judgments are calibrated from then on', async () => {
    const cwd = folder();
    cpSync(EMBEDDED_JUDGE, join(cwd, 'judge'), { recursive: true });
    const own = join(cwd, 'judge/verity.json');
    const data = join(EMBEDDED_JUDGE, 'heldout.jsonl');
    writeFileSync(own, JSON.stringify({ promptFamily: 'compact', contextLength: 1024 }));
    const model = ['--model', 'judge=judge'];
    const dry = ['calibrate', '--data', data, '--limit', '8', ...model, '--dry-run', '--json'];
    const calibration = Calibration.parse(JSON.parse((await verity(dry, { cwd })).stdout));
    expect(calibration.judgments).toBeLessThanOrEqual(8);
    const Manifest = z.looseObject({ promptFamily: z.string(), calibration: Calibration.optional() });
    const manifest = () => Manifest.parse(JSON.parse(readFileSync(own, 'utf8')));
    expect(manifest().calibration).toBeUndefined();

    const { code, stdout } = await verity(['calibrate', '--data', data, '--limit', '8', ...model], { cwd });
    expect(code).toBe(0);
    expect(stdout).toMatch(/^temperature \d+\.\d+, fitted on \d+ judgments\n/);
    const kept = manifest();
    expect(kept).toMatchObject({ promptFamily: 'compact', contextLength: 1024 });
    // Two processes batch differently, which the last digits show.
    expect(kept.calibration!.temperature).toBeCloseTo(calibration.temperature, 2);

    const Calibrated = z.object({
      calibration: Calibration,
      confidence: z.number(),
      rawConfidence: z.number(),
    });
    const judged = Calibrated.parse(await verityJson(['judge', ...FILES, ...model, '--json'], { cwd }));
    expect(judged.calibration).toEqual(kept.calibration);
  });
});

describe('bad input exits with 2 and one line', () => {
  const [file = ''] = FILES;
  const cases: [args: string[], line: RegExp][] = [
    [[], /name a command/],
    [['jduge'], /unknown command/],
    [['judge'], /Give two files, or --diff/],
    [['judge', file], /Give two files, or --diff/],
    [['judge', file, file, file], /do not differ; leave one of them out/],
    [['judge', file, file, file, '--diff'], /Give two files, or --diff/],
    [['judge', ...FILES, '--votes', '1'], /from 2 to 32/],
    [['judge', ...FILES, '--conversation', '/nowhere.json'], /Cannot read \/nowhere\.json/],
    [['judge', ...FILES, '--conversation', file], /is no conversation; it needs a JSON array/],
    [['calibrate'], /--data/],
    [['calibrate', '--data', file], /:1 is not a pair/],
    [['judge', file, file, '--diff'], /Give two files, or --diff/],
    [['judge', file, '/nowhere.py'], /Cannot read \/nowhere\.py: there is no such file/],
    [['judge', file, '/tmp'], /Cannot read \/tmp/],
    [['judge', file, process.execPath], /binary/],
    [['judge', file, file], /do not differ/],
    [['judge', ...FILES, '--jsno'], /unknown option '--jsno'/],
    [['judge', ...FILES, '--model', '/tmp'], /judge=DIRECTORY/],
    [['judge', ...FILES, '--model', 'critic=/tmp'], /judge=DIRECTORY/],
    [['judge', ...FILES, '--model', 'judge=/nowhere'], /no model directory \/nowhere/],
    [['judge', ...FILES, '--model', 'judge=/tmp'], /config\.json is missing/],
    [['logits', '/nowhere', '--tokens', '1,x'], /token ids like 1,2,3/],
    [['logits', '/nowhere'], /--tokens/],
    [['logits', '/nowhere', '--tokens', '1', '--device', 'tpu'], /--device/],
    [['serve', 'now'], /too many arguments/],
    [['eval', 'judge'], /--data/],
    [['eval', 'cooking', '--data', file], /judge/],
    [['eval', 'judge', '--data', '/nowhere'], /Cannot read \/nowhere/],
    [['eval', 'judge', '--data', file], /average\.good\.py:1 is not JSON/],
    [['eval', 'judge', '--data', '/dev/null'], /holds no records/],
    [['eval', 'judge', '--data', file, '--limit', '0'], /whole number above 0/],
  ];
  it.each(cases)('verity %j', async (args, line) => {
    expectOneLine(await verity(args), 2, line);
  });
});

it('explains itself and exits with 0', async () => {
  const help = await verity(['--help']);
  expect(help).toMatchObject({ code: 0, stderr: '' });
  for (const code of ['0', '1', '2', '130']) expect(help.stdout).toMatch(new RegExp(`^ +${code} +\\w`, 'm'));
  const manifest = JSON.parse(readFileSync(join(EMBEDDED_JUDGE, '../../package.json'), 'utf8')) as {
    version: string;
  };
  expect(await verity(['--version'])).toMatchObject({ code: 0, stdout: `${manifest.version}\n` });
});

describe('a judgment that is interrupted', () => {
  const start = async (detached = false) => {
    const model = `judge=${await endlessJudge()}`;
    const command = new Command(['judge', ...FILES, '--model', model], { detached });
    const worker = await command.family.worker(command.child.pid!);
    return { command, worker };
  };

  it('by SIGINT to it alone exits with 130', async () => {
    const { command } = await start();
    command.child.kill('SIGINT');
    expectOneLine(await command.result, 130, /cancelled/);
  });

  it('by Ctrl-C, which reaches its worker too, exits with 130', async () => {
    const { command } = await start(true);
    process.kill(-command.child.pid!, 'SIGINT');
    expectOneLine(await command.result, 130, /cancelled/);
  });

  it("by its worker's death exits with 1", async () => {
    const { command, worker } = await start();
    process.kill(worker, 'SIGKILL');
    expectOneLine(await command.result, 1, /process ended \(signal SIGKILL\)/);
  });

  it('by a reader that has gone away exits with 1', async () => {
    const command = new Command(['judge', ...FILES]);
    command.child.stdout!.destroy();
    expectOneLine(await command.result, 1, /output cannot be written: .*EPIPE/);
  });
});
