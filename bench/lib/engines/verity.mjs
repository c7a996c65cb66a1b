/**
 * Verity as its worker runs it: the engine (KV trie, continuous batching, chunked prefill) over a session, in the
 * measured process itself. No guessing ahead, which would measure the text and not the engine.
 */
import * as ort from 'onnxruntime-node';
import { runtime } from '../runtime.mjs';
import { variantOf } from '../variants.mjs';

const { argmax, chunkFor, DecoderSession, Engine, openCheckpoint, openQuantized } = await runtime();

/** Positions that all sequences of a workload hold together, at most: 32 leaves of a tree, or 8 of a batch. */
const CACHE_POSITIONS = 8192;

export async function openVerity({
  checkpoint: directory,
  dtype,
  cacheDir,
  threads,
  contextLength,
  profilePrefix,
}) {
  const checkpoint = await openCheckpoint(directory);
  const spec = { ...checkpoint.spec, contextLength };
  const weights =
    dtype === 'fp32' ? checkpoint.weights : await openQuantized(checkpoint, variantOf(dtype), cacheDir);
  const profiled = profilePrefix === undefined ? undefined : profileNextSession(profilePrefix);
  const session = await DecoderSession.create(spec, weights, { threads });
  const engine = new Engine(session, {
    chunk: chunkFor(checkpoint.weights.parameters),
    cacheBytes: CACHE_POSITIONS * session.bytesPerPosition,
  });
  const open = (positions) => engine.open({ positions, priority: 'panel' });
  return new VerityEngine({ engine, session, spec, weights, open, argmax, endProfiling: profiled });
}

/** Verity itself has no use for ONNX Runtime's profiler, so it is switched on from outside. */
function profileNextSession(prefix) {
  const { create } = ort.InferenceSession;
  let session;
  ort.InferenceSession.create = async (graph, options) => {
    ort.InferenceSession.create = create;
    session = await create.call(ort.InferenceSession, graph, {
      ...options,
      enableProfiling: true,
      profileFilePrefix: prefix,
    });
    return session;
  };
  return () => session.endProfiling();
}

class VerityEngine {
  constructor(parts) {
    Object.assign(this, parts);
  }

  /** The likeliest next token after each of the tokens. */
  async nextAfterEach(tokens) {
    const branch = await this.open(tokens.length);
    const { logits } = await branch.append(tokens, { rows: 'all' });
    branch.release();
    const { vocabSize } = this.spec;
    return tokens.map((_, row) => argmax(logits.subarray(row * vocabSize, (row + 1) * vocabSize)));
  }

  /** Greedy continuations of prompts side by side; `onToken(sequence, token)` hears each. */
  async generate(prompts, count, onToken) {
    await Promise.all(
      prompts.map(async (prompt, sequence) => {
        const branch = await this.open(prompt.length + count);
        await this.follow(branch, prompt, count, (token) => onToken(sequence, token));
        branch.release();
      }),
    );
  }

  /** `count` greedy tokens below a branch, after the tokens it is given first. */
  async follow(branch, tokens, count, onToken) {
    let next = tokens;
    for (let index = 0; index < count; index++) {
      const { logits } = await branch.append(next);
      const token = argmax(logits);
      onToken(token);
      next = [token];
    }
  }

  /** The next workload finds nothing in the cache. */
  forget() {
    return this.engine.evict(0);
  }

  async close() {
    await this.engine.close();
    await this.session.dispose();
  }
}
