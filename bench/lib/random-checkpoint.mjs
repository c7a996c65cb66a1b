/**
 * Checkpoints with random weights: speed and memory do not depend on the values, but every tensor must differ, since
 * equal ones are merged when a model is loaded and would flatter a benchmark.
 */
import { Buffer } from 'node:buffer';
import { cp, mkdir, open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const TOKENIZER = join(import.meta.dirname, '../../test/fixtures/checkpoints/qwen2-tied-f16');

/** Shapes of published models (their config.json), and smaller ones to try a benchmark with. */
export const SHAPES = {
  'qwen2.5-0.5b': { hidden: 896, layers: 24, heads: 14, kvHeads: 2, ffn: 4864, vocab: 151_936 },
  'qwen2.5-1.5b': { hidden: 1536, layers: 28, heads: 12, kvHeads: 2, ffn: 8960, vocab: 151_936 },
  '60m': { hidden: 512, layers: 12, heads: 8, kvHeads: 2, ffn: 2048, vocab: 32_768 },
  tiny: { hidden: 256, layers: 4, heads: 4, kvHeads: 2, ffn: 704, vocab: 2048 },
};

function config({ hidden, layers, heads, kvHeads, ffn, vocab }) {
  return {
    architectures: ['Qwen2ForCausalLM'],
    model_type: 'qwen2',
    hidden_size: hidden,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: kvHeads,
    intermediate_size: ffn,
    vocab_size: vocab,
    max_position_embeddings: 32_768,
    rms_norm_eps: 1e-6,
    hidden_act: 'silu',
    tie_word_embeddings: true,
    rope_theta: 1_000_000,
    eos_token_id: vocab - 1,
  };
}

function tensorShapes({ hidden, layers, heads, kvHeads, ffn, vocab }) {
  const kv = (kvHeads * hidden) / heads;
  const layer = {
    'input_layernorm.weight': [hidden],
    'post_attention_layernorm.weight': [hidden],
    'self_attn.q_proj.weight': [hidden, hidden],
    'self_attn.q_proj.bias': [hidden],
    'self_attn.k_proj.weight': [kv, hidden],
    'self_attn.k_proj.bias': [kv],
    'self_attn.v_proj.weight': [kv, hidden],
    'self_attn.v_proj.bias': [kv],
    'self_attn.o_proj.weight': [hidden, hidden],
    'mlp.gate_proj.weight': [ffn, hidden],
    'mlp.up_proj.weight': [ffn, hidden],
    'mlp.down_proj.weight': [hidden, ffn],
  };
  const layered = Array.from({ length: layers }, (_, index) =>
    Object.entries(layer).map(([name, shape]) => [`model.layers.${index}.${name}`, shape]),
  );
  return [['model.embed_tokens.weight', [vocab, hidden]], ...layered.flat(), ['model.norm.weight', [hidden]]];
}

/** xorshift32 */
function randomBits(seed) {
  let state = seed | 1;
  return () => {
    state ^= state << 13;
    state ^= state >>> 17;
    return (state ^= state << 5) >>> 0;
  };
}

/** 65,536 quantiles of the normal distribution, by the sum of twelve uniform numbers. */
function normalTable(random, scale) {
  return Float32Array.from({ length: 65_536 }, () => {
    let sum = -6;
    for (let term = 0; term < 12; term++) sum += random() / 2 ** 32;
    return sum * scale;
  });
}

/** How each type stores float32 values; BF16 is their upper half. */
const TYPES = {
  F32: (values) => values,
  BF16: (values) => Uint16Array.from(new Uint32Array(values.buffer), (bits) => bits >>> 16),
};
const BYTES = { F32: 4, BF16: 2 };

const PIECE = 1 << 20;

/**
 * Writes a checkpoint of one of the SHAPES: normal weights of standard deviation 0.02, a twentieth of the columns five
 * times as large (real models have such channels, and they are what makes quantization hard), norms of one.
 */
export async function writeRandomCheckpoint(directory, shape, { seed = 1, dtype = 'BF16' } = {}) {
  await mkdir(directory, { recursive: true });
  await writeFile(join(directory, 'config.json'), JSON.stringify(config(SHAPES[shape])));
  for (const name of ['tokenizer.json', 'tokenizer_config.json'])
    await cp(join(TOKENIZER, name), join(directory, name));
  const tensors = tensorShapes(SHAPES[shape]);
  const header = {};
  let end = 0;
  for (const [name, dims] of tensors) {
    const bytes = BYTES[dtype] * dims.reduce((a, b) => a * b, 1);
    header[name] = { dtype, shape: dims, data_offsets: [end, (end += bytes)] };
  }
  // Weights begin at a multiple of 64 bytes: float32 products read them where they lie.
  const json = Buffer.from(JSON.stringify(header));
  const text = Buffer.alloc(Math.ceil((json.length + 8) / 64) * 64 - 8, ' ');
  json.copy(text);
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const file = await open(join(directory, 'model.safetensors'), 'w');
  await file.writeFile(Buffer.concat([length, text]));
  const random = randomBits(seed);
  const ordinary = normalTable(random, 0.02);
  const large = normalTable(random, 0.1);
  for (const [name, dims] of tensors)
    await writeTensor(file, name, dims, { random, ordinary, large, store: TYPES[dtype] });
  await file.close();
}

async function writeTensor(file, name, dims, { random, ordinary, large, store }) {
  const total = dims.reduce((a, b) => a * b, 1);
  const columns = dims.at(-1);
  const tables = Array.from({ length: columns }, () => (random() % 20 === 0 ? large : ordinary));
  for (let start = 0; start < total; start += PIECE) {
    const piece = new Float32Array(Math.min(PIECE, total - start));
    if (name.includes('norm')) piece.fill(1);
    else
      for (let index = 0; index < piece.length; index++)
        piece[index] = tables[(start + index) % columns][random() & 0xffff];
    await file.writeFile(new Uint8Array(store(piece).buffer));
  }
}
