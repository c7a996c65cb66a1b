/**
 * Prompts to token ids and back. Quoted text never becomes a special token: template and control tokens are encoded
 * by a tokenizer that knows the checkpoint's added tokens, user text by one that does not.
 */
import { createHash } from 'node:crypto';
import { Template } from '@huggingface/jinja';
import { Tokenizer } from '@huggingface/tokenizers';
import { z } from 'zod';
import { VerityError } from './errors.ts';
import type { ChatMessage, Prompt, PromptPart } from './language-model.ts';

const AddedToken = z.object({ content: z.string(), special: z.boolean().default(false) });
const TokenizerFile = z.looseObject({
  model: z.looseObject({ vocab: z.unknown() }),
  added_tokens: z.array(z.looseObject(AddedToken.shape)).default([]),
});

const TokenText = z.union([z.string(), z.object({ content: z.string() })]).nullish();
const TokenizerConfig = z.looseObject({
  bos_token: TokenText,
  eos_token: TokenText,
  chat_template: z
    .union([z.string(), z.array(z.object({ name: z.string(), template: z.string() }))])
    .nullish(),
});

/** Characters that no keyboard types: a prompt's special tokens are hidden behind one while the template renders. */
const FIRST_PRIVATE_USE = 0xe000;
const LAST_PRIVATE_USE = 0xf8ff;

export class TextTokenizer {
  /** Knows the added tokens: for templates and control tokens. */
  private readonly marked: Tokenizer;
  /** Knows none of them (but for white space, which is text): for whatever users wrote. */
  private readonly plain: Tokenizer;
  private readonly addedTokens: string[];
  private readonly template: Template | undefined;
  private readonly templateTokens: Record<string, string>;
  private readonly directory: string;
  /** The largest id the tokenizer can produce. */
  readonly maxId: number;
  private digest: string | undefined;
  /** What the model expects before any text, as Llama's `<|begin_of_text|>`. */
  readonly beginTokens: readonly number[];

  private constructor(
    file: z.infer<typeof TokenizerFile>,
    config: z.infer<typeof TokenizerConfig>,
    template: string | undefined,
    directory: string,
  ) {
    const isText = ({ content, special }: { content: string; special: boolean }) =>
      !special && content.trim() === '';
    this.marked = new Tokenizer(file, config);
    this.plain = new Tokenizer({ ...file, added_tokens: file.added_tokens.filter(isText) }, config);
    this.addedTokens = file.added_tokens.filter((token) => !isText(token)).map(({ content }) => content);
    this.template = template === undefined ? undefined : new Template(template);
    this.templateTokens = { bos_token: tokenText(config.bos_token), eos_token: tokenText(config.eos_token) };
    this.directory = directory;
    this.maxId = 0;
    for (const id of this.marked.get_vocab(true).values()) this.maxId = Math.max(this.maxId, id);
    this.beginTokens = this.findBeginTokens();
  }

  /**
   * Builds a tokenizer from tokenizer.json, tokenizer_config.json and, where there is one, chat_template.jinja.
   * @throws VerityError badModel if they cannot be read as such.
   */
  static create(
    tokenizerJson: unknown,
    configJson: unknown,
    templateFile: string | undefined,
    directory: string,
  ): TextTokenizer {
    try {
      const file = TokenizerFile.parse(tokenizerJson);
      const config = TokenizerConfig.parse(configJson);
      const given = config.chat_template;
      const named = Array.isArray(given) ? given.find(({ name }) => name === 'default')?.template : given;
      return new TextTokenizer(file, config, templateFile ?? named ?? undefined, directory);
    } catch (error) {
      const reason = error instanceof z.ZodError ? (error.issues[0]?.message ?? 'invalid') : String(error);
      throw new VerityError(
        'badModel',
        `The tokenizer in ${directory} cannot be read: ${reason.split('\n')[0]}`,
      );
    }
  }

  /** Equal for tokenizers in which every id means the same token. */
  get vocabularyDigest(): string {
    if (this.digest !== undefined) return this.digest;
    const tokens = [...this.marked.get_vocab(true)].sort(([, a], [, b]) => a - b);
    return (this.digest = createHash('sha256').update(JSON.stringify(tokens)).digest('hex'));
  }

  private findBeginTokens(): number[] {
    const text = 'a';
    const [first] = this.plain.encode(text, { add_special_tokens: false }).ids;
    const { ids } = this.plain.encode(text, { add_special_tokens: true });
    return first === undefined ? [] : ids.slice(0, Math.max(0, ids.indexOf(first)));
  }

  /** Ids of user text: nothing in it becomes a special token. */
  encodeText(text: string): number[] {
    return text === '' ? [] : this.plain.encode(text, { add_special_tokens: false }).ids;
  }

  /**
   * Ids of a whole prompt.
   * @throws VerityError badInput for a control part that is no special token, badModel if a chat template is missing.
   */
  encode(prompt: Prompt): number[] {
    if (prompt.kind === 'parts') return prompt.parts.flatMap((part) => this.encodePart(part));
    return this.encodeChat(prompt.messages, prompt.prefill ?? '');
  }

  private encodePart(part: PromptPart): number[] {
    if ('text' in part) return this.encodeText(part.text);
    const id = this.addedTokens.includes(part.control) ? this.marked.token_to_id(part.control) : undefined;
    if (id === undefined)
      throw new VerityError(
        'badInput',
        `The model in ${this.directory} has no special token ${part.control}.`,
      );
    return [id];
  }

  /**
   * Renders the chat template with every special token that the contents spell hidden behind a placeholder; what
   * stands between placeholders is encoded as Python's apply_chat_template would, what they hide as plain text.
   */
  private encodeChat(messages: ChatMessage[], prefill: string): number[] {
    const contents = [...messages.map(({ content }) => content), prefill];
    const mark = unusedCharacter(contents.join(''));
    const hidden: string[] = [];
    const hide = (text: string) =>
      this.splitAtAddedTokens(text)
        .map((piece, index) => (index % 2 === 0 ? piece : `${mark}${hidden.push(piece) - 1}${mark}`))
        .join('');
    const rendered = this.render(messages.map((message) => ({ ...message, content: hide(message.content) })));
    return (rendered + hide(prefill))
      .split(mark)
      .flatMap((piece, index) =>
        index % 2 === 0 ? this.encodeMarked(piece) : this.encodeText(hidden[Number(piece)]!),
      );
  }

  private encodeMarked(text: string): number[] {
    return text === '' ? [] : this.marked.encode(text, { add_special_tokens: false }).ids;
  }

  /** Text and the added tokens found in it, alternating, text first. */
  private splitAtAddedTokens(text: string): string[] {
    if (this.addedTokens.length === 0) return [text];
    const longestFirst = this.addedTokens.toSorted((a, b) => b.length - a.length).map(escapeRegExp);
    return text.split(new RegExp(`(${longestFirst.join('|')})`, 'u'));
  }

  private render(messages: ChatMessage[]): string {
    if (this.template === undefined)
      throw new VerityError(
        'badModel',
        `The model in ${this.directory} has no chat template; it is no chat model.`,
      );
    return this.template.render({ messages, add_generation_prompt: true, ...this.templateTokens });
  }

  /** The text of some ids; special tokens are left out. */
  decode(ids: readonly number[]): string {
    return ids.length === 0
      ? ''
      : this.marked.decode([...ids], { skip_special_tokens: true, clean_up_tokenization_spaces: false });
  }

  /** One token as text, special tokens by their name; bytes of an incomplete character appear as U+FFFD. */
  tokenText(id: number): string {
    return this.marked.decode([id], { skip_special_tokens: false, clean_up_tokenization_spaces: false });
  }
}

/**
 * Text of a growing sequence of ids, in pieces that hold whole characters only. A token may end within a character,
 * and some decoders drop a first space, so each piece is read in the context of the piece before it.
 */
export class StreamingDecoder {
  private readonly tokenizer: Pick<TextTokenizer, 'decode'>;
  private readonly ids: number[] = [];
  private contextStart = 0;
  private emitted = 0;

  constructor(tokenizer: Pick<TextTokenizer, 'decode'>) {
    this.tokenizer = tokenizer;
  }

  /** The new text that is complete with this token; '' while a character is still open. */
  push(id: number): string {
    this.ids.push(id);
    return this.take(false);
  }

  /** What is left at the end, an incomplete character as U+FFFD. */
  flush(): string {
    return this.take(true);
  }

  private take(incomplete: boolean): string {
    const context = this.tokenizer.decode(this.ids.slice(this.contextStart, this.emitted));
    const text = this.tokenizer.decode(this.ids.slice(this.contextStart));
    if (!incomplete && text.endsWith('\uFFFD')) return '';
    this.contextStart = this.emitted;
    this.emitted = this.ids.length;
    return text.slice(context.length);
  }
}

function unusedCharacter(text: string): string {
  for (let code = FIRST_PRIVATE_USE; code <= LAST_PRIVATE_USE; code++) {
    const character = String.fromCharCode(code);
    if (!text.includes(character)) return character;
  }
  throw new VerityError(
    'badInput',
    'The text uses every private-use character of Unicode; Verity needs one of them.',
  );
}

const escapeRegExp = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

const tokenText = (token: z.infer<typeof TokenText>): string =>
  typeof token === 'object' && token !== null ? token.content : (token ?? '');
