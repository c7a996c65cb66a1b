/**
 * A checkpoint as a GGUF file (version 3), for llama.cpp: the same weights in float32, or in llama.cpp's own block
 * formats by the rules of its reference quantizer. Benchmarks speak in tokens, so it holds no real vocabulary.
 */
import { Buffer } from 'node:buffer';
import { open } from 'node:fs/promises';
import { runtime } from './runtime.mjs';

const { FLOAT_BYTES, layoutOf, QUANTIZATIONS, toFloat32 } = await runtime();

const ALIGNMENT = 32;
const BLOCK = 32;
const ROWS_AT_ONCE = 1024;

/** ggml's number of each type and its bytes per block of `weights`. */
const TYPES = {
  F32: { id: 0, fileType: 0, weights: 1, bytes: 4 },
  Q4_0: { id: 2, fileType: 2, weights: BLOCK, bytes: 18 },
  Q8_0: { id: 8, fileType: 7, weights: BLOCK, bytes: 34 },
};

/** The types of matrices nearest to Verity's dtypes: int4, too, has its embedding and head in 8 bits. */
export const GGUF_TYPES = {
  fp32: { layers: 'F32', embeddings: 'F32' },
  int8: { layers: 'Q8_0', embeddings: 'Q8_0' },
  int4: { layers: 'Q4_0', embeddings: 'Q8_0' },
};

const ARCHITECTURES = { Qwen2ForCausalLM: 'qwen2', Qwen3ForCausalLM: 'qwen3' };

/** llama.cpp's name of a tensor. */
function ggufName(name) {
  const globals = {
    'model.embed_tokens.weight': 'token_embd.weight',
    'model.norm.weight': 'output_norm.weight',
    'lm_head.weight': 'output.weight',
  };
  const parts = {
    input_layernorm: 'attn_norm',
    post_attention_layernorm: 'ffn_norm',
    'self_attn.q_proj': 'attn_q',
    'self_attn.k_proj': 'attn_k',
    'self_attn.v_proj': 'attn_v',
    'self_attn.o_proj': 'attn_output',
    'self_attn.q_norm': 'attn_q_norm',
    'self_attn.k_norm': 'attn_k_norm',
    'mlp.gate_proj': 'ffn_gate',
    'mlp.up_proj': 'ffn_up',
    'mlp.down_proj': 'ffn_down',
  };
  if (name in globals) return globals[name];
  const [, layer, part, kind] = /^model\.layers\.(\d+)\.(.+)\.(weight|bias)$/.exec(name);
  return `blk.${layer}.${parts[part]}.${kind}`;
}

/** Metadata values with their GGUF types. */
const uint32 = (value) => Buffer.concat([u32(4), u32(value)]);
const float32 = (value) => {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([u32(6), bytes]);
};
const array = (type, items, length = items.length) =>
  Buffer.concat([u32(9), u32(type), u64(length), ...items]);
const string = (value) => Buffer.concat([u32(8), text(value)]);

const u32 = (value) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value) => Buffer.from(BigUint64Array.of(BigInt(value)).buffer);
const text = (value) => Buffer.concat([u64(Buffer.byteLength(value)), Buffer.from(value)]);

function metadata(spec, architecture, fileType) {
  const own = {
    context_length: uint32(spec.contextLength),
    vocab_size: uint32(spec.vocabSize),
    embedding_length: uint32(spec.hiddenSize),
    block_count: uint32(spec.layers),
    feed_forward_length: uint32(spec.ffnSize),
    'attention.head_count': uint32(spec.heads),
    'attention.head_count_kv': uint32(spec.kvHeads),
    'attention.key_length': uint32(spec.headDim),
    'attention.value_length': uint32(spec.headDim),
    'attention.layer_norm_rms_epsilon': float32(spec.normEpsilon),
    'rope.freq_base': float32(spec.rope.rope_theta),
  };
  return [
    ['general.architecture', string(architecture)],
    ['general.name', string('benchmark')],
    ['general.file_type', uint32(fileType)],
    ['general.quantization_version', uint32(2)],
    ...Object.entries(own).map(([key, value]) => [`${architecture}.${key}`, value]),
    ...vocabulary(spec.vocabSize),
  ];
}

/** llama.cpp wants a vocabulary. This one has the right size and spells nothing. */
function vocabulary(size) {
  const names = Array.from({ length: size }, (_, token) => text(`<${token}>`));
  return [
    ['tokenizer.ggml.model', string('gpt2')],
    ['tokenizer.ggml.pre', string('default')],
    ['tokenizer.ggml.tokens', array(8, names)],
    ['tokenizer.ggml.token_type', array(5, [Buffer.from(new Int32Array(size).fill(1).buffer)], size)],
    ['tokenizer.ggml.merges', array(8, [text('< 0')])],
    ['tokenizer.ggml.eos_token_id', uint32(size - 1)],
  ];
}

const padded = (length) => Math.ceil(length / ALIGNMENT) * ALIGNMENT;

/** Writes the file. `types` is one of GGUF_TYPES. Vectors stay float32. */
export async function writeGguf({ spec, weights }, types, target) {
  const architecture = ARCHITECTURES[spec.architecture];
  if (architecture === undefined || spec.rope.rope_type !== 'default')
    throw new Error(`This writer knows no ${spec.architecture} with RoPE ${spec.rope.rope_type}.`);
  let end = 0;
  const tensors = layoutOf(spec, QUANTIZATIONS.int8).tensors.map(({ name, shape }) => {
    const isTable = name === 'model.embed_tokens.weight' || name === 'lm_head.weight';
    const type = TYPES[shape.length === 1 ? 'F32' : isTable ? types.embeddings : types.layers];
    const size = (shape.reduce((a, b) => a * b, 1) / type.weights) * type.bytes;
    const offset = end;
    end = padded(offset + size);
    return { name, shape, type, offset };
  });
  const infos = tensors.map(({ name, shape, type, offset }) =>
    Buffer.concat([
      text(ggufName(name)),
      u32(shape.length),
      // ggml counts dimensions from the innermost.
      ...shape.toReversed().map(u64),
      u32(type.id),
      u64(offset),
    ]),
  );
  const entries = metadata(spec, architecture, TYPES[types.layers].fileType);
  const header = Buffer.concat([
    Buffer.from('GGUF'),
    u32(3),
    u64(tensors.length),
    u64(entries.length),
    ...entries.flatMap(([key, value]) => [text(key), value]),
    ...infos,
  ]);
  const file = await open(target, 'w');
  await file.write(header);
  for (const tensor of tensors)
    await writeTensor(file, padded(header.length) + tensor.offset, tensor, weights);
  await file.truncate(padded(header.length) + end);
  await file.close();
}

async function writeTensor(file, start, { name, shape, type }, weights) {
  const source = weights.find(name, shape);
  const columns = shape.at(-1);
  const rows = shape.length === 1 ? 1 : shape[0];
  const input = await open(source.file, 'r');
  const rowBytes = columns * FLOAT_BYTES[source.dtype];
  for (let row = 0, at = start; row < rows; row += ROWS_AT_ONCE) {
    const count = Math.min(ROWS_AT_ONCE, rows - row);
    const bytes = new Uint8Array(count * rowBytes);
    await input.read(bytes, 0, bytes.length, source.offset + row * rowBytes);
    const values = new Float32Array(count * columns);
    toFloat32(source.dtype, bytes, values);
    const encoded = encode(values, type);
    await file.write(encoded, 0, encoded.length, at);
    at += encoded.length;
  }
  await input.close();
}

function encode(values, type) {
  if (type === TYPES.F32) return new Uint8Array(values.buffer);
  const blocks = values.length / BLOCK;
  const out = Buffer.alloc(blocks * type.bytes);
  const encodeBlock = type === TYPES.Q8_0 ? encodeQ8 : encodeQ4;
  for (let block = 0; block < blocks; block++) encodeBlock(values, block * BLOCK, out, block * type.bytes);
  return out;
}

/** Scale, then 32 signed bytes: quantize_row_q8_0_ref. */
function encodeQ8(values, from, out, to) {
  let largest = 0;
  for (let i = 0; i < BLOCK; i++) largest = Math.max(largest, Math.abs(values[from + i]));
  const scale = largest / 127;
  const inverse = scale === 0 ? 0 : 1 / scale;
  out.writeUInt16LE(half(scale), to);
  for (let i = 0; i < BLOCK; i++) out.writeInt8(roundAway(values[from + i] * inverse), to + 2 + i);
}

/** Scale, then 16 bytes of two codes, i and i + 16, zero at 8: quantize_row_q4_0_ref. */
function encodeQ4(values, from, out, to) {
  let extreme = 0;
  for (let i = 0; i < BLOCK; i++)
    if (Math.abs(values[from + i]) > Math.abs(extreme)) extreme = values[from + i];
  const scale = extreme / -8;
  const inverse = scale === 0 ? 0 : 1 / scale;
  const code = (i) => Math.min(15, Math.trunc(values[from + i] * inverse + 8.5));
  out.writeUInt16LE(half(scale), to);
  for (let i = 0; i < BLOCK / 2; i++) out[to + 2 + i] = code(i) | (code(i + BLOCK / 2) << 4);
}

/** C's roundf: halves away from zero. */
const roundAway = (x) => Math.sign(x) * Math.round(Math.abs(x));

const word = new Float32Array(1);
const bits = new Uint32Array(word.buffer);

/** The nearest float16's bits, ties to even. Scales are far below its largest value. */
export function half(value) {
  word[0] = value;
  const sign = (bits[0] >>> 16) & 0x8000;
  const magnitude = Math.abs(word[0]);
  // Below 2^-14 the steps are 2^-24 wide; above, a step is 2^-10 of the power of two below the value.
  const exponent = magnitude < 2 ** -14 ? -14 : Math.floor(Math.log2(magnitude));
  const steps = roundEven(magnitude / 2 ** (exponent - 10));
  return sign | (magnitude < 2 ** -14 ? steps : ((exponent + 15) << 10) + steps - 1024);
}

function roundEven(x) {
  const floor = Math.floor(x);
  const rest = x - floor;
  return rest > 0.5 || (rest === 0.5 && floor % 2 === 1) ? floor + 1 : floor;
}
