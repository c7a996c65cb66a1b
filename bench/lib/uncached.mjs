/**
 * A TokenModel without a KV trie: every sequence is evaluated from its beginning, by itself, as a search does that keeps
 * nothing. Its branches only remember their tokens.
 */
export class UncachedTokenModel {
  #engine;
  #model;
  #last = Promise.resolve();

  constructor(engine, model) {
    this.#engine = engine;
    this.#model = model;
    for (const name of ['vocabSize', 'contextLength', 'endTokens', 'beginTokens', 'vocabularyDigest'])
      this[name] = model[name];
  }

  encode = (prompt) => this.#model.encode(prompt);
  encodeText = (text) => this.#model.encodeText(text);
  tokenText = (token) => this.#model.tokenText(token);
  decode = (tokens) => this.#model.decode(tokens);

  open = () => Promise.resolve(this.#branch([]));

  #branch(path) {
    return {
      append: async (tokens) => {
        path = [...path, ...tokens];
        const logits = await this.#evaluate(path);
        return { logits, forwarded: path.length, reused: 0 };
      },
      fork: () => this.#branch(path),
      release: () => undefined,
    };
  }

  /** One sequence at a time: two that share a beginning would share its positions within a forward. */
  #evaluate(path) {
    const done = this.#last.then(async () => {
      const branch = await this.#model.open({ positions: path.length });
      try {
        const { logits } = await branch.append(path);
        return logits.slice();
      } finally {
        branch.release();
        await this.#engine.evict(0);
      }
    });
    this.#last = done.catch(() => undefined);
    return done;
  }
}
