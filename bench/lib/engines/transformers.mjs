/** transformers.js on the same onnxruntime-node, with the same weights in a graph of its own layout. */
import { basename, dirname } from 'node:path';
import { AutoModelForCausalLM, BaseStreamer, env, Tensor } from '@huggingface/transformers';
import { runtime } from '../runtime.mjs';

const { argmax } = await runtime();

/** What transformers.js calls the file of each dtype. */
const NAMES = { fp32: 'fp32', int8: 'q8', int4: 'q4' };

export async function openTransformers({ transformers: directory, dtype, threads }) {
  env.allowRemoteModels = false;
  env.localModelPath = dirname(directory);
  const model = await AutoModelForCausalLM.from_pretrained(basename(directory), {
    dtype: NAMES[dtype],
    device: 'cpu',
    session_options: {
      intraOpNumThreads: threads,
      // As Verity has it: float32 weights stay in their file, quantized ones need the packing.
      extra: { session: { disable_prepacking: dtype === 'fp32' ? '1' : '0' } },
    },
  });
  return new TransformersEngine(model);
}

class TokenListener extends BaseStreamer {
  constructor(onTokens) {
    super();
    this.onTokens = onTokens;
    this.isPrompt = true;
  }

  put(value) {
    if (!this.isPrompt) this.onTokens(value);
    this.isPrompt = false;
  }

  end() {}
}

const inputsOf = (prompts) => {
  const dims = [prompts.length, prompts[0].length];
  return {
    input_ids: new Tensor('int64', BigInt64Array.from(prompts.flat(), BigInt), dims),
    attention_mask: new Tensor('int64', new BigInt64Array(dims[0] * dims[1]).fill(1n), dims),
  };
};

class TransformersEngine {
  constructor(model) {
    this.model = model;
  }

  async nextAfterEach(tokens) {
    const { logits } = await this.model(inputsOf([tokens]));
    const width = logits.dims.at(-1);
    return tokens.map((_, row) => argmax(logits.data.subarray(row * width, (row + 1) * width)));
  }

  async generate(prompts, count, onToken) {
    const listen = (tokens) => {
      for (const [index, [token]] of tokens.entries()) onToken(index, Number(token));
    };
    await this.model.generate({
      ...inputsOf(prompts),
      max_new_tokens: count,
      do_sample: false,
      streamer: new TokenListener(listen),
    });
  }

  async forget() {}

  close() {
    return this.model.dispose();
  }
}
