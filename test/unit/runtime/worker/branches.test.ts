/** The branches that a worker holds for its owner: numbers, order, and what is given back. */
import { describe, expect, it } from 'vitest';
import type { TokenBranch, TokenModel, TokenOutputs } from '../../../../server/runtime/token-model.ts';
import { Branches } from '../../../../server/runtime/worker/branches.ts';

const { signal } = new AbortController();
const OUTPUTS: TokenOutputs = {
  logits: new Float32Array(),
  hidden: new Float32Array(),
  forwarded: 1,
  reused: 0,
};

/** Appends end when the test says so; what happens is written down. */
function setup() {
  const log: string[] = [];
  const endings: (() => void)[] = [];
  let forks = 0;
  const branchOf = (name: string): TokenBranch => ({
    append: (inputs) => {
      log.push(`append ${inputs.join()} to ${name}`);
      return new Promise((resolve) => endings.push(() => resolve(OUTPUTS)));
    },
    fork: () => branchOf(`${name}/${forks++}`),
    splice: (_, from, until) => {
      log.push(`splice ${from} to ${until} into ${name}`);
      return Promise.resolve();
    },
    release: () => void log.push(`release ${name}`),
  });
  const model = { open: () => Promise.resolve(branchOf('root')) } as unknown as TokenModel;
  const branches = new Branches();
  const open = branches.open(
    model,
    { kind: 'open', id: 1, branch: 7, positions: 1, priority: 'panel' },
    signal,
  );
  return { log, endings, branches, open };
}

const turn = () => new Promise((resolve) => setImmediate(resolve));
const append = (branch: number, tokens: number[]) => ({
  kind: 'append' as const,
  id: 2,
  branch,
  inputs: tokens,
});

describe('Branches', () => {
  it('knows forks by the numbers that the owner gave them', async () => {
    const { log, branches, open } = setup();
    await open;
    branches.fork({ kind: 'fork', branch: 7, fork: 8 });
    branches.fork({ kind: 'fork', branch: 8, fork: 9 });
    void branches.append(append(9, [1, 2]), signal);
    branches.release({ kind: 'release', branch: 8 });
    await turn();
    expect(log).toEqual(['append 1,2 to root/0/1', 'release root/0']);
  });

  it('releases a branch after what is being appended to it', async () => {
    const { log, endings, branches, open } = setup();
    await open;
    void branches.append(append(7, [3]), signal);
    branches.release({ kind: 'release', branch: 7 });
    await turn();
    expect(log).toEqual(['append 3 to root']);
    endings[0]!();
    await turn();
    expect(log).toEqual(['append 3 to root', 'release root']);
  });

  it('refuses to append to what was released or never opened, and forgives a second release', async () => {
    const { log, branches, open } = setup();
    await open;
    branches.release({ kind: 'release', branch: 7 });
    branches.release({ kind: 'release', branch: 7 });
    branches.fork({ kind: 'fork', branch: 7, fork: 8 });
    expect(() => branches.append(append(7, [1]), signal)).toThrow('There is no branch 7.');
    expect(() => branches.append(append(8, [1]), signal)).toThrow('There is no branch 8.');
    await turn();
    expect(log).toEqual(['release root']);
  });
});
