/** The list that Complete Safely ends in. */
import { expect, it } from 'vitest';
import { offers } from '../../../../extension/completion/offers.ts';
import { completeResult, found } from '../../protocol/searches.ts';

const place = { prefix: 'return ', suffix: ';\n' };

it('has what can be inserted first, then what was avoided, then what a filter left out, with reasons', () => {
  const result = completeResult({
    completions: [
      found('a + b', 0.91),
      { ...found(' \n', 0.8), node: 4 },
      { ...found('a', -0.125), isFinished: false, node: 5 },
    ],
    avoided: [{ node: 9, text: 'eval(a)', probability: 0.4, reward: -2 }],
  });
  expect(offers(result, place)).toEqual([
    { kind: 'offered', text: 'a + b', facts: 'reward 0.91', node: 1 },
    { kind: 'offered', text: 'a', facts: 'reward −0.13 · not finished', node: 5 },
    {
      kind: 'avoided',
      text: 'eval(a)',
      facts: 'reward −2.00 · 40 % likely · the reward model speaks against it',
      node: 9,
    },
    { kind: 'leftOut', text: ' \n', facts: 'reward 0.80 · only white space', node: 4 },
  ]);
});

it('offers what is the same after the filters once, without a reward where none was given', () => {
  const bare = { text: 'x', isFinished: true, node: 1 };
  const result = completeResult({ completions: [bare, { ...bare, node: 2 }] });
  expect(offers(result, place)).toEqual([{ kind: 'offered', text: 'x', facts: '', node: 1 }]);
});
