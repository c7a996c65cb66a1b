/** The language server as an editor uses it: a process of its own, LSP over stdio and over Node's channel. */
import {
  CancellationTokenSource,
  ErrorCodes,
  LSPErrorCodes,
  WorkDoneProgress,
} from 'vscode-languageserver-protocol/node';
import { describe, expect, it } from 'vitest';
import { Judgment, Ranking } from '../../server/protocol/judgment.ts';
import {
  type JudgePartial,
  judgePartial,
  judgeRequest,
  type RankPartial,
  rankPartial,
  rankRequest,
  type ReviewPartial,
  reviewPartial,
  reviewRequest,
  ReviewResult,
} from '../../server/protocol/requests.ts';
import { EMBEDDED_JUDGE } from './support/bundles.ts';
import { PAIR } from './support/code.ts';
import { Client, expectError, type Transport } from './support/server.ts';

const transports: Transport[] = ['stdio', 'ipc', 'verity serve'];

describe.each(transports)('over %s', (transport) => {
  it('judges, then shuts down and exits with no process left', async () => {
    const client = await Client.start({ transport });
    const judgment = Judgment.parse(await client.judge(PAIR).answer);
    expect(judgment.orders.map(({ order }) => order)).toEqual(['AB', 'BA']);
    await client.connection.sendRequest('shutdown');
    await client.connection.sendNotification('exit');
    expect(await client.end()).toBe(0);
    expect(client.stderr).toBe('');
  });

  it.each(['during', 'after'])(
    'ends with its worker when the client goes away %s a judgment',
    async (when) => {
      const client = await Client.start({ transport });
      const { answer, written } = client.judge(PAIR);
      answer.catch(() => undefined);
      await (when === 'during' ? written : answer);
      if (transport === 'ipc') client.child.disconnect();
      else client.child.stdin!.end();
      expect(await client.end()).toBe(1);
      expect(client.stderr).toBe('');
    },
  );
});

describe('verity/judge', () => {
  it('streams each order as it is written, with progress, and answers what was streamed', async () => {
    const client = await Client.start();
    const partials: JudgePartial[] = [];
    const progress: string[] = [];
    client.connection.onProgress(judgePartial, 'text', (partial) => {
      partials.push(partial);
    });
    client.connection.onProgress(WorkDoneProgress.type, 'work', ({ kind }) => {
      progress.push(kind);
    });
    const tokens = { partialResultToken: 'text', workDoneToken: 'work' };
    const judgment = Judgment.parse(
      await client.connection.sendRequest(judgeRequest, { ...PAIR, ...tokens }),
    );

    expect(partials.length).toBeGreaterThan(judgment.orders.length);
    for (const { order, raw } of judgment.orders) {
      const written = partials.filter((partial) => partial.order === order).map(({ text }) => text);
      expect(written.join('')).toBe(raw);
    }
    expect(progress).toEqual(['begin', 'end']);
    expect(judgment.model).toBe('nano-judge');
    expect(judgment.agreement).toBe(judgment.verdict !== 'undecided');
    expect(judgment.timings.firstTokenMs).toBeGreaterThan(0);
    expect(judgment.timings.totalMs).toBeGreaterThanOrEqual(judgment.timings.firstTokenMs);
  });

  it('refuses two versions that do not differ', async () => {
    const client = await Client.start();
    const same = { ...PAIR, b: `${PAIR.a}\n\n` };
    await expectError(client.judge(same).answer, ErrorCodes.InvalidParams, /do not differ/);
    expect(await client.outcomes()).toEqual(['judge: refused']);
  });

  it('refuses texts longer than any code', async () => {
    const client = await Client.start();
    const long = { ...PAIR, b: 'x'.repeat(1_000_001) };
    await expectError(client.judge(long).answer, ErrorCodes.InvalidParams, /1000001 characters/);
  });

  const invalid: [what: string, params: unknown, message: RegExp][] = [
    ['a number for code', { a: 1, b: 'x' }, /a: .*string.*number/],
    ['one version only', { a: 'x' }, /b: .*string/],
    ['null for a language', { ...PAIR, language: null }, /language/],
    ['a token of the wrong kind', { ...PAIR, partialResultToken: {} }, /partialResultToken/],
    ['null', null, /params: /],
    ['an array', [PAIR], /params: /],
  ];
  it.each(invalid)('refuses %s as parameters', async (_, params, message) => {
    const client = await Client.start();
    const answer = client.connection.sendRequest('verity/judge', params as object);
    await expectError(answer, ErrorCodes.InvalidParams, message);
  });
});

describe('verity/rank', () => {
  const candidates = ['values.length', '(values.length - 1)', '(values.length + 1)'].map(
    (divisor, index) => ({
      name: `candidate ${index}`,
      text: PAIR.a.replace('values.length', divisor),
    }),
  );

  it('compares each with each, tells how it comes along, and ranks them', async () => {
    const client = await Client.start();
    const partials: RankPartial[] = [];
    client.connection.onProgress(rankPartial, 'text', (partial) => {
      partials.push(partial);
    });
    const tokens = { partialResultToken: 'text' };
    const { ranking, comparisons } = Ranking.parse(
      await client.connection.sendRequest(rankRequest, { candidates, language: 'typescript', ...tokens }),
    );
    expect(ranking.map(({ index }) => index).toSorted()).toEqual([0, 1, 2]);
    const told = partials.filter(({ kind }) => kind !== 'text');
    expect(told.map(({ kind }) => kind)).toEqual(comparisons.flatMap(() => ['comparing', 'compared']));
    expect(told.flatMap((one) => (one.kind === 'compared' ? one.comparison : []))).toEqual(comparisons);
    expect(await client.outcomes()).toEqual(['rank: answered']);
  });

  it('ends between comparisons when cancelled', async () => {
    const client = await Client.start();
    const source = new CancellationTokenSource();
    client.connection.onProgress(rankPartial, 'text', ({ kind }) => {
      if (kind === 'compared') source.cancel();
    });
    const answer = client.connection.sendRequest(
      rankRequest,
      { candidates, partialResultToken: 'text' },
      source.token,
    );
    await expectError(answer, LSPErrorCodes.RequestCancelled, /Cancelled/);
    expect(await client.outcomes()).toEqual(['rank: cancelled while running']);
  });

  it.each([
    ['one candidate', { candidates: candidates.slice(0, 1) }, /candidates/],
    ['one vote', { candidates, votes: 1 }, /votes/],
    [
      'a conversation that the judge would end',
      { candidates, conversation: [{ role: 'assistant', content: '' }] },
      /role user/,
    ],
  ])('refuses %s', async (_, params, message) => {
    const client = await Client.start();
    await expectError(
      client.connection.sendRequest('verity/rank', params),
      ErrorCodes.InvalidParams,
      message,
    );
  });
});

describe('verity/review', () => {
  const before = `${PAIR.a}${'// unchanged\n'.repeat(40)}${PAIR.a}`;
  const after = `${PAIR.b}${'// unchanged\n'.repeat(40)}${PAIR.b}`;
  const review = { files: [{ file: 'src/average.ts', language: 'typescript', before, after }] };

  it('judges each hunk and tells how it comes along', async () => {
    const client = await Client.start();
    const partials: ReviewPartial[] = [];
    const messages: (string | undefined)[] = [];
    client.connection.onProgress(reviewPartial, 'text', (partial) => {
      partials.push(partial);
    });
    client.connection.onProgress(WorkDoneProgress.type, 'work', (value) => {
      if (value.kind === 'report') messages.push(value.message);
    });
    const tokens = { partialResultToken: 'text', workDoneToken: 'work' };
    const { hunks } = ReviewResult.parse(
      await client.connection.sendRequest(reviewRequest, { ...review, ...tokens }),
    );

    const range = (startLine: number) => ({ startLine, endLine: startLine + 1 });
    expect(hunks.map(({ judgment: _, ...hunk }) => hunk)).toMatchObject([
      { file: 'src/average.ts', before: range(3), after: range(3) },
      { file: 'src/average.ts', before: range(48), after: range(48) },
    ]);
    expect(partials[0]).toEqual({ kind: 'hunks', hunks: hunks.map(({ judgment: _, ...hunk }) => hunk) });
    for (const [index, { judgment }] of hunks.entries()) {
      const ofHunk = partials.filter((partial) => partial.kind !== 'hunks' && partial.index === index);
      expect(ofHunk.at(-1)).toEqual({ kind: 'judged', index, judgment });
      for (const { order, raw } of judgment.orders)
        expect(
          ofHunk.map((part) => (part.kind === 'text' && part.order === order ? part.text : '')).join(''),
        ).toBe(raw);
    }
    expect(messages).toEqual(['1 of 2', '2 of 2']);
    expect(await client.outcomes()).toEqual(['review: answered']);
  });

  it('finds nothing to judge where only white space at line ends changed', async () => {
    const client = await Client.start();
    const files = [{ file: 'a.ts', before, after: before.replaceAll('\n', '  \r\n') }];
    expect(await client.connection.sendRequest(reviewRequest, { files })).toEqual({ hunks: [] });
  });
});

describe('verity/status', () => {
  it('tells before, during and after a judgment what the model does', async () => {
    const client = await Client.start({ model: EMBEDDED_JUDGE });
    const idle = await client.status();
    expect(idle.models[0]).toMatchObject({ id: 'nano-judge', state: 'unloaded', deaths: 0 });
    expect(idle).toMatchObject({ pid: client.pid, queue: { running: 0, waiting: 0 }, outcomes: [] });

    const { answer, written } = client.judge(PAIR);
    await written;
    const busy = await client.status();
    expect(busy).toMatchObject({
      models: [{ state: 'busy', device: 'cpu' }],
      queue: { running: 1, waiting: 0 },
    });
    await answer;

    const done = await client.status();
    expect(done).toMatchObject({ models: [{ state: 'ready' }], queue: { running: 0, waiting: 0 } });
    expect(done.models[0].parameters).toBeGreaterThan(1e6);
    expect(await client.outcomes()).toEqual(['judge: answered']);
    const states = client.statuses.map(({ models: [model] }) => model.state);
    expect(states.filter((state, index) => state !== states[index - 1])).toEqual([
      'unloaded',
      'loading',
      'busy',
      'ready',
    ]);
  });
});

describe('the order of things', () => {
  it('answers a request before initialize with an error, then starts as usual', async () => {
    const client = new Client();
    await expectError(client.judge(PAIR).answer, ErrorCodes.ServerNotInitialized, /initialize/);
    await client.initialize();
    expect((await client.status()).models[0].state).toBe('unloaded');
  });

  it('initializes only once', async () => {
    const client = await Client.start();
    await expectError(client.initialize(), ErrorCodes.InvalidRequest, /only once/);
  });

  it('answers nothing after shutdown, and exits with 1 without one', async () => {
    const client = await Client.start();
    await client.connection.sendRequest('shutdown');
    await expectError(client.judge(PAIR).answer, ErrorCodes.InvalidRequest, /shut down/);

    const hasty = await Client.start();
    await hasty.connection.sendNotification('exit');
    expect(await hasty.end()).toBe(1);
  });

  it('shuts down while it loads and while it judges', async () => {
    for (const state of ['loading', 'busy'] as const) {
      const client = await Client.start();
      const { answer } = client.judge(PAIR);
      answer.catch(() => undefined);
      await client.until(({ models: [model] }) => model.state === state);
      await client.connection.sendRequest('shutdown');
      await client.connection.sendNotification('exit');
      expect(await client.end()).toBe(0);
    }
  });

  it('answers a method it does not know with an error', async () => {
    const client = await Client.start();
    await expectError(
      client.connection.sendRequest('verity/nothing', {}),
      ErrorCodes.MethodNotFound,
      /verity\/nothing/,
    );
  });

  it('ends by SIGINT and SIGTERM with its worker', async () => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const) {
      const client = await Client.start({ transport: 'verity serve' });
      await client.judge(PAIR).answer;
      client.child.kill(signal);
      await client.end();
      expect(client.child.signalCode).toBe(signal);
    }
  });
});
