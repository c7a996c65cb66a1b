/** A model token by token, in a worker: the numbers, forwards and errors of one in this process. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type LoadedModel, loadLanguageModel } from '../../server/runtime/load.ts';
import type { TokenModel } from '../../server/runtime/token-model.ts';
import { WorkerModel } from '../../server/runtime/worker/client.ts';
import { settled } from '../../server/safety/paths.ts';
import { checkpointDirectory, expectVerityError, relativeError } from '../unit/runtime/fixtures.ts';
import { BUNDLES } from './support/bundles.ts';

const DIRECTORY = checkpointDirectory('llama3-gqa');
const CODE = 'def run(command):\n    os.system(';

let worker: WorkerModel;
let local: LoadedModel;
let far: TokenModel;
let near: TokenModel;
beforeAll(async () => {
  worker = await WorkerModel.start(BUNDLES.worker, DIRECTORY, { threads: 1 });
  local = await loadLanguageModel(DIRECTORY, { threads: 1 });
  [far, near] = [await worker.tokens(), await local.tokens()];
});
afterAll(async () => {
  await worker.dispose();
  await local.dispose();
});

const idle = () =>
  expect
    .poll(() => worker.report?.loaded, { timeout: 30_000 })
    .toMatchObject({
      cache: { pinnedPositions: 0 },
      requests: { running: 0, waiting: 0 },
    });

describe('a TokenModel in a worker', () => {
  it('reads text as the model in this process does', () => {
    const { vocabSize, contextLength, endTokens, vocabularyDigest } = near;
    expect(far).toMatchObject({ vocabSize, contextLength, endTokens, vocabularyDigest });
    const tokens = near.encodeText(CODE);
    expect(far.encodeText(CODE)).toEqual(tokens);
    expect(far.decode(tokens)).toBe(CODE);
    expect(far.tokenText([...endTokens][0]!)).toBe(near.tokenText([...endTokens][0]!));
  });

  it('computes the same logits along branches and forks', async () => {
    const rows: Float32Array[][] = [];
    for (const model of [far, near]) {
      const branch = await model.open({ positions: 60 });
      const { logits } = await branch.append(model.encodeText(CODE));
      const fork = branch.fork();
      const [one, two] = await settled([branch.append([5, 6]), fork.append([7])]);
      rows.push([logits, one.logits, two.logits]);
      branch.release();
      fork.release();
    }
    for (const [index, row] of rows[0]!.entries())
      expect(relativeError(row, rows[1]![index]!)).toBeLessThan(1e-5);
    await idle();
  });

  it('evaluates in one forward what is asked for together', async () => {
    const root = await far.open({ positions: 60 });
    await root.append(far.encodeText('value = '));
    const forks = Array.from({ length: 8 }, () => root.fork());
    const outputs = await settled(forks.map((fork) => fork.append([11])));
    // Of equal positions one is evaluated, if all are in the same forward; outputs are not kept for a later one.
    expect(outputs.map(({ forwarded }) => forwarded).reduce((a, b) => a + b)).toBe(1);
    for (const branch of [root, ...forks]) branch.release();
    await idle();
  });

  it("rejects an append with its signal's reason and stays usable; what waits for room can be cancelled", async () => {
    const reason = new Error('enough');
    const controller = new AbortController();
    const branch = await far.open({ positions: 500 });
    const running = branch.append(far.encodeText('x = 1 ; '.repeat(50)), controller.signal);
    const early = branch.fork().append([1], AbortSignal.abort(reason));
    controller.abort(reason);
    const rejected = { status: 'rejected', reason };
    expect(await Promise.allSettled([running, early])).toEqual([rejected, rejected]);
    expect((await branch.append([1])).logits).toHaveLength(far.vocabSize);
    await expect(far.open({ positions: 1, signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
    branch.release();
  });

  it('refuses what the engine refuses, by the same errors', async () => {
    await expectVerityError(far.open({ positions: 1e9 }), 'busy', /holds \d+\. Ask for less/);
    const branch = await far.open({ positions: 4 });
    await expectVerityError(branch.append([-1]), 'badInput', /token ids from 0/);
    branch.release();
    await expect(branch.append([1])).rejects.toThrow('released');
    expect(() => branch.fork()).toThrow('released');
  });

  it('rejects all that is under way when the process dies', async () => {
    const dying = await WorkerModel.start(BUNDLES.worker, DIRECTORY, { threads: 1 });
    const tokens = await dying.tokens();
    const branch = await tokens.open({ positions: 500 });
    const forks = [branch, branch.fork(), branch.fork()];
    const appends = forks.map((fork, index) => fork.append(Array<number>(100).fill(index)));
    setImmediate(() => process.kill(dying.pid!, 'SIGKILL'));
    const endings = await Promise.allSettled([...appends, dying.ended]);
    expect(endings.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected', 'fulfilled']);
    await expectVerityError(appends[0]!, 'workerDied', /SIGKILL/);
    await expectVerityError(tokens.open({ positions: 1 }), 'workerDied', /SIGKILL/);
    for (const fork of forks) fork.release();
  });
});
