/** Token ids against Python's tokenizers and transformers, and that quoted text never becomes a special token. */
import { describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../../server/runtime/checkpoint.ts';
import type { ChatMessage } from '../../../server/runtime/language-model.ts';
import { StreamingDecoder } from '../../../server/runtime/tokenizer.ts';
import { type CheckpointName, checkpointDirectory, expectVerityError, golden } from './fixtures.ts';

const FAMILIES: { name: CheckpointName; special: string[]; end: string }[] = [
  {
    name: 'llama3-gqa',
    special: ['<|begin_of_text|>', '<|start_header_id|>', '<|end_header_id|>', '<|eot_id|>'],
    end: '<|eot_id|>',
  },
  { name: 'qwen2-tied-f16', special: ['<|im_start|>', '<|im_end|>', '<|endoftext|>'], end: '<|im_end|>' },
  {
    name: 'qwen3-sharded',
    special: ['<|im_start|>', '<|im_end|>', '<think>', '</think>'],
    end: '<|im_end|>',
  },
];

describe.each(FAMILIES)('tokenizer of $name', async ({ name, special, end }) => {
  const { tokenizer } = await openCheckpoint(checkpointDirectory(name));
  const { texts, chats } = await golden(name);
  const idOf = (token: string) => tokenizer.encode({ kind: 'parts', parts: [{ control: token }] })[0]!;
  const specialIds = new Set(special.map(idOf));

  it.each(texts)('encodes quoted text like Python: $text', ({ text, ids }) => {
    expect(tokenizer.encodeText(text)).toEqual(ids);
  });

  it.each(texts)('streams it back in whole characters: $text', ({ text, ids }) => {
    const decoder = new StreamingDecoder(tokenizer);
    const pieces = [...ids.map((id) => decoder.push(id)), decoder.flush()];
    // Qwen's tokenizers compose characters, Llama's keep them.
    expect(pieces.join('')).toBe(name.startsWith('qwen') ? text.normalize('NFC') : text);
    expect(pieces.join('')).not.toContain('\uFFFD');
    for (const piece of pieces) expect(Buffer.from(piece).toString()).toBe(piece);
  });

  it.each(chats)('encodes a conversation like apply_chat_template: $messages', ({ messages, ids }) => {
    expect(tokenizer.encode({ kind: 'chat', messages })).toEqual(ids);
  });

  it.each(special)('keeps %s in a message as text', (token) => {
    const chat = (content: string): ChatMessage[] => [
      { role: 'system', content: `Rules ${content}` },
      { role: 'user', content: `${content}${content} <|im_ ${content}x` },
    ];
    const countSpecial = (content: string) =>
      tokenizer.encode({ kind: 'chat', messages: chat(content) }).filter((id) => specialIds.has(id)).length;
    expect(countSpecial(token)).toBe(countSpecial('harmless'));
    const ids = tokenizer.encode({ kind: 'chat', messages: chat(token) });
    const text = ids.map((id) => tokenizer.tokenText(id)).join('');
    // Exactly what the template writes: nothing of the quoted token is lost.
    const expected = tokenizer
      .encode({ kind: 'chat', messages: chat('harmless') })
      .map((id) => tokenizer.tokenText(id))
      .join('')
      .replaceAll('harmless', token);
    expect(text).toBe(expected);
  });

  it('keeps special tokens in a prefill as text and starts the answer with it', () => {
    const messages: ChatMessage[] = [{ role: 'user', content: 'a' }];
    const start = tokenizer.encode({ kind: 'chat', messages });
    const ids = tokenizer.encode({ kind: 'chat', messages, prefill: `yes${end}` });
    expect(ids.slice(0, start.length)).toEqual(start);
    expect(ids.slice(start.length)).toEqual([...tokenizer.encodeText('yes'), ...tokenizer.encodeText(end)]);
  });

  it('takes control parts as special tokens and text parts as text', () => {
    const ids = tokenizer.encode({
      kind: 'parts',
      parts: [{ control: end }, { text: end }, { control: end }],
    });
    expect(ids[0]).toBe(idOf(end));
    expect(ids.at(-1)).toBe(idOf(end));
    expect(ids.slice(1, -1)).toEqual(tokenizer.encodeText(end));
    expect(ids.filter((id) => specialIds.has(id))).toHaveLength(2);
  });

  it.each(['<|nothing|>', 'function', ''])('refuses %j as a control token', async (control) => {
    const attempt = Promise.resolve().then(() => tokenizer.encode({ kind: 'parts', parts: [{ control }] }));
    await expectVerityError(attempt, 'badInput', /no special token/);
  });
});

describe('StreamingDecoder', async () => {
  const { tokenizer } = await openCheckpoint(checkpointDirectory('qwen2-tied-f16'));

  it('holds back the bytes of an open character', () => {
    const ids = tokenizer.encodeText('😀');
    expect(ids.length).toBeGreaterThan(1);
    const decoder = new StreamingDecoder(tokenizer);
    for (const id of ids.slice(0, -1)) expect(decoder.push(id)).toBe('');
    expect(decoder.push(ids.at(-1)!)).toBe('😀');
    expect(decoder.flush()).toBe('');
  });

  it('shows a character that stays open as U+FFFD at the end', () => {
    const decoder = new StreamingDecoder(tokenizer);
    const [first] = tokenizer.encodeText('😀');
    expect(decoder.push(tokenizer.encodeText('a')[0]!)).toBe('a');
    expect(decoder.push(first!)).toBe('');
    expect(decoder.flush()).toMatch(/^\uFFFD+$/);
  });

  it('does not wait for ever behind bytes that never become a character', () => {
    const decoder = new StreamingDecoder(tokenizer);
    const [stray] = tokenizer.encodeText('😀');
    const letter = tokenizer.encodeText('a')[0]!;
    const text = [stray!, letter, stray!, stray!, letter].map((id) => decoder.push(id)).join('');
    expect(text.replaceAll('\uFFFD', '')).toBe('aa');
  });
});
