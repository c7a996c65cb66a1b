/** From a key to a suggestion, over a scripted search: every request ends in one named outcome. */
import { setTimeout } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../../extension/completion/outcomes.ts';
import { inWords } from '../../../../extension/completion/outcomes.ts';
import type { CompletionSettings } from '../../../../extension/completion/settings.ts';
import { Suggester, type SuggestionRequest } from '../../../../extension/completion/suggester.ts';
import type { CompleteParams, CompleteResult } from '../../../../server/protocol/completion.ts';
import { completeResult, found } from '../../protocol/searches.ts';

const SETTINGS: CompletionSettings = {
  isEnabled: true,
  languages: ['typescript'],
  debounceMs: 5,
  timeLimitMs: 400,
  maxNewTokens: 48,
  budget: 4,
  upgradeBudget: 0,
};

const REQUEST: SuggestionRequest = {
  document: 'a.ts',
  title: 'a.ts:1',
  prefix: 'const sum = ',
  suffix: '\n',
  language: 'typescript',
  length: 13,
  isExplicit: false,
  isListOpen: false,
};

type Script = (params: CompleteParams, signal: AbortSignal) => CompleteResult | Promise<CompleteResult>;

function suggesting(script: Script, more: Partial<CompletionSettings> = {}) {
  const asked: CompleteParams[] = [];
  const outcomes: Outcome[] = [];
  const upgrades: string[] = [];
  const suggester = new Suggester({
    settings: () => ({ ...SETTINGS, ...more }),
    search: async (params, _, signal) => {
      asked.push(params);
      return script(params, signal);
    },
    onEnd: (outcome) => outcomes.push(outcome),
    onUpgrade: ({ prefix }) => upgrades.push(prefix),
  });
  const suggest = async (request: Partial<SuggestionRequest> = {}, signal = new AbortController().signal) =>
    (await suggester.suggest({ ...REQUEST, ...request }, signal)).map(({ text }) => text);
  return { suggester, suggest, asked, outcomes, upgrades };
}

const answering =
  (...texts: string[]): Script =>
  () =>
    completeResult({ completions: texts.map((text) => found(text)) });

describe('a request', () => {
  it('is answered by one search with the settings’ limits, before all else', async () => {
    const { suggest, asked, outcomes } = suggesting(answering('a + b;', 'c;'));
    expect(await suggest()).toEqual(['a + b;', 'c;']);
    expect(outcomes).toEqual([{ kind: 'answered', from: 'search' }]);
    expect(asked).toMatchObject([{ budget: 4, maxNewTokens: 48, priority: 'inline', method: 'saffron' }]);
    // The wait for the next key has taken its part of the time.
    expect(asked[0]!.timeLimitMs).toBeLessThanOrEqual(395);
    expect(asked[0]!.timeLimitMs).toBeGreaterThan(200);
  });

  it('typed along is answered from what was found, without a search', async () => {
    const { suggest, asked, outcomes } = suggesting(answering('a + b;'));
    await suggest();
    expect(await suggest({ prefix: `${REQUEST.prefix}a ` })).toEqual(['+ b;']);
    expect(asked).toHaveLength(1);
    expect(outcomes.at(-1)).toEqual({ kind: 'answered', from: 'what was found before' });
  });

  it('after an accepted word or line keeps the rest', async () => {
    const { suggest, asked } = suggesting(answering('a + b;\nreturn sum;\n'));
    await suggest();
    expect(await suggest({ prefix: `${REQUEST.prefix}a + b;\n` })).toEqual(['return sum;\n']);
    expect(asked).toHaveLength(1);
  });

  it('whose next key comes before the search is debounced', async () => {
    const { suggest, asked, outcomes } = suggesting(answering('x'), { debounceMs: 1000 });
    const controller = new AbortController();
    const suggestion = suggest({}, controller.signal);
    controller.abort();
    expect(await suggestion).toEqual([]);
    expect([asked, outcomes]).toEqual([[], [{ kind: 'debounced' }]]);
  });

  it('asked for by a key is not kept waiting', async () => {
    const { suggest } = suggesting(answering('x'), { debounceMs: 1e6 });
    expect(await suggest({ isExplicit: true })).toEqual(['x']);
  });

  it('whose next key comes during the search is cancelled, and so is the search', async () => {
    const { suggest, outcomes, asked } = suggesting((_, signal) =>
      setTimeout(1e6, completeResult(), { signal }),
    );
    const controller = new AbortController();
    const suggestion = suggest({}, controller.signal);
    await expect.poll(() => asked.length).toBe(1);
    controller.abort();
    expect(await suggestion).toEqual([]);
    expect(outcomes).toEqual([{ kind: 'cancelled' }]);
  });

  it.each<[string, Script, Outcome]>([
    [
      'refused, with the reason, which names what was avoided',
      () => completeResult({ refusal: 'Nothing is suggested: the model would go on with “eval(”.' }),
      { kind: 'refused', reason: 'Nothing is suggested: the model would go on with “eval(”.' },
    ],
    [
      'over time',
      () => completeResult({ completions: [], isTimedOut: true }),
      { kind: 'overTime', limitMs: 400 },
    ],
    [
      'filtered',
      answering(' \n', 'const sum = '),
      { kind: 'filtered', filters: ['only white space', 'repeats the line that it should go on with'] },
    ],
    [
      'failed',
      () => {
        throw new Error('The model’s process ended.');
      },
      { kind: 'failed', reason: 'The model’s process ended.' },
    ],
  ])('ends %s', async (_, script, outcome) => {
    const { suggest, outcomes } = suggesting(script);
    expect(await suggest()).toEqual([]);
    expect(outcomes).toEqual([outcome]);
  });

  it.each([
    ['off', {}, { isEnabled: false }, 'safe completions are off'],
    ['another language', { language: 'rust' }, {}, 'rust is not among the languages'],
    ['a huge file', { length: 600_000 }, {}, 'more than 500,000 characters'],
    ['inside a word', { suffix: 'more' }, {}, 'inside a word'],
    ['nothing before', { prefix: '\n ' }, {}, 'nothing before the cursor'],
    ['the editor’s list', { isListOpen: true }, {}, 'list of suggestions was open'],
  ])('is not asked: %s', async (_, request, settings, why) => {
    const { suggest, asked, outcomes } = suggesting(answering('x'), settings);
    expect(await suggest(request)).toEqual([]);
    expect(asked).toEqual([]);
    expect(outcomes).toMatchObject([{ kind: 'notAsked', reason: expect.stringContaining(why) as string }]);
  });

  it('inside a word is asked when a key asks for it', async () => {
    expect(await suggesting(answering('x')).suggest({ suffix: 'more', isExplicit: true })).toEqual(['x']);
  });
});

describe('the upgrade', () => {
  const byBudget =
    (first: CompleteResult, second: CompleteResult): Script =>
    ({ budget }) =>
      budget === 4 ? first : second;
  const one = (text: string, reward?: number) =>
    completeResult({ completions: [{ ...found(text), reward }] });

  it('takes the place of a less safe suggestion', async () => {
    const { suggest, asked, upgrades } = suggesting(byBudget(one('eval(x)', 0.2), one('parse(x)', 0.8)), {
      upgradeBudget: 16,
    });
    expect(await suggest()).toEqual(['eval(x)']);
    await expect.poll(() => upgrades).toEqual([REQUEST.prefix]);
    expect(await suggest({ isExplicit: true })).toEqual(['parse(x)']);
    expect(asked.map(({ budget }) => budget)).toEqual([4, 16]);
  });

  it('may find something where the first search was refused', async () => {
    const refused = completeResult({ completions: [], refusal: 'Not safe.' });
    const { suggest, upgrades } = suggesting(byBudget(refused, one('parse(x)', 0.8)), { upgradeBudget: 16 });
    expect(await suggest()).toEqual([]);
    await expect.poll(() => upgrades).toEqual([REQUEST.prefix]);
    expect(await suggest()).toEqual(['parse(x)']);
  });

  it.each([
    ['it is no safer', one('parse(x)', 0.2)],
    ['it is the same', one('eval(x)', 0.9)],
    ['it has no reward', one('parse(x)')],
    ['it is refused', completeResult({ completions: [], refusal: 'Not safe.' })],
  ])('does not come: %s', async (_, second) => {
    const { suggest, asked, upgrades } = suggesting(byBudget(one('eval(x)', 0.2), second), {
      upgradeBudget: 16,
    });
    await suggest();
    await expect.poll(() => asked.length).toBe(2);
    await setTimeout(10);
    expect(upgrades).toEqual([]);
    expect(await suggest()).toEqual(['eval(x)']);
  });

  it('is ended by whatever moves the cursor', async () => {
    const signals: AbortSignal[] = [];
    const { suggester, suggest, upgrades } = suggesting(
      ({ budget }, signal) => {
        if (budget === 4) return one('a', 0.1);
        signals.push(signal);
        return setTimeout(20, one('b', 0.9));
      },
      { upgradeBudget: 16 },
    );
    await suggest();
    await expect.poll(() => signals.length).toBe(1);
    suggester.stop();
    expect(signals[0]!.aborted).toBe(true);
    await setTimeout(40);
    expect(upgrades).toEqual([]);
  });

  it('whose search fails takes nothing away', async () => {
    const { suggest, asked, outcomes } = suggesting(
      ({ budget }) => {
        if (budget === 4) return one('a', 0.1);
        throw new Error('dead');
      },
      { upgradeBudget: 16 },
    );
    await suggest();
    await expect.poll(() => asked.length).toBe(2);
    expect(await suggest()).toEqual(['a']);
    expect(outcomes.map(({ kind }) => kind)).toEqual(['answered', 'answered']);
  });
});

it('forgets what other models have found', async () => {
  const { suggester, suggest, asked } = suggesting(answering('x'));
  await suggest();
  suggester.forget();
  await suggest();
  expect(asked).toHaveLength(2);
});

it('tells every outcome in words of its own', () => {
  const outcomes: Outcome[] = [
    { kind: 'answered', from: 'search' },
    { kind: 'notAsked', reason: 'r' },
    { kind: 'debounced' },
    { kind: 'cancelled' },
    { kind: 'overTime', limitMs: 400 },
    { kind: 'filtered', filters: ['only white space', 'only white space'] },
    { kind: 'refused', reason: 'r.' },
    { kind: 'failed', reason: 'r' },
  ];
  expect(new Set(outcomes.map(inWords)).size).toBe(outcomes.length);
  expect(inWords(outcomes[6]!)).toBe('was refused. r');
  expect(inWords(outcomes[5]!)).toBe('found only completions that were left out: only white space');
});
