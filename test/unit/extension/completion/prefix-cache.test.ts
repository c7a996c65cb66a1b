/** Typing along a suggestion needs no new search. */
import { describe, expect, it } from 'vitest';
import { PrefixCache } from '../../../../extension/completion/prefix-cache.ts';

const found = (text: string, reward = 0.5) => ({ text, reward, isFinished: true, node: 1 });
const place = (prefix: string, suffix = '', document = 'a.ts') => ({ prefix, suffix, document });
const texts = (cache: PrefixCache, ...args: Parameters<typeof place>) =>
  cache.find(place(...args)).map(({ text }) => text);

describe('PrefixCache', () => {
  it('gives the rest of what is typed, with rewards, in order', () => {
    const cache = new PrefixCache();
    cache.keep(place('const '), [found('sum = 0;', 0.9), found('sum = 1;', 0.7), found('x = 2;')]);
    expect(texts(cache, 'const ')).toEqual(['sum = 0;', 'sum = 1;', 'x = 2;']);
    expect(cache.find(place('const sum'))).toEqual([found(' = 0;', 0.9), found(' = 1;', 0.7)]);
    expect(texts(cache, 'const x')).toEqual([' = 2;']);
  });

  it.each([
    ['another text was typed', ['const y', '', 'a.ts']],
    ['all of it was typed', ['const sum;', '', 'a.ts']],
    ['text before the place has changed', ['let sum', '', 'a.ts']],
    ['text behind it has changed', ['const s', 'x', 'a.ts']],
    ['another document', ['const s', '', 'b.ts']],
  ] as const)('gives nothing: %s', (_, [prefix, suffix, document]) => {
    const cache = new PrefixCache();
    cache.keep(place('const '), [found('sum;')]);
    expect(texts(cache, prefix, suffix, document)).toEqual([]);
  });

  it('knows that an editor closes brackets behind what is typed', () => {
    const cache = new PrefixCache();
    cache.keep(place('f', '\nend'), [found('(x)')]);
    expect(texts(cache, 'f(', ')\nend')).toEqual(['x)']);
    expect(texts(cache, 'f(', 'y\nend')).toEqual([]);
  });

  it('an upgrade takes the place of what was there', () => {
    const cache = new PrefixCache();
    cache.keep(place('a'), [found('b')]);
    cache.keep(place('a'), [found('c')]);
    expect(texts(cache, 'a')).toEqual(['c']);
  });

  it('prefers what was found last where several fit', () => {
    const cache = new PrefixCache();
    cache.keep(place('a'), [found('bcd')]);
    cache.keep(place('ab'), [found('cx')]);
    expect(texts(cache, 'ab')).toEqual(['cx']);
    expect(texts(cache, 'abcd'.slice(0, 3))).toEqual(['x']);
  });

  it('forgets the oldest of too many, and all when told', () => {
    const cache = new PrefixCache();
    for (let n = 0; n < 17; n++) cache.keep(place(`${n} `), [found('x')]);
    expect(texts(cache, '0 ')).toEqual([]);
    expect(texts(cache, '1 ')).toEqual(['x']);
    cache.clear();
    expect(texts(cache, '16 ')).toEqual([]);
  });
});
