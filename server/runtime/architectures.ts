/**
 * What distinguishes the decoder architectures Verity runs, read from config.json. One spec serves the graph
 * writer: adding an architecture that is a variation of it means adding an entry to `ARCHITECTURES`.
 */
import { z } from 'zod';
import { VerityError } from './errors.ts';
import { RopeParameters } from './rope.ts';

/** All that the graph writer needs to know of a decoder. */
export interface DecoderSpec {
  architecture: string;
  hiddenSize: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  ffnSize: number;
  vocabSize: number;
  normEpsilon: number;
  /** Biases on the q, k and v projections (Qwen2; Llama with attention_bias). */
  qkvBias: boolean;
  /** RMSNorm on each head of q and k before RoPE (Qwen3). */
  qkNorm: boolean;
  /** The output head is the input embedding. */
  tiedHead: boolean;
  /** The output head has a bias: a reward head has one, a language model's has none. */
  headBias: boolean;
  rope: RopeParameters;
  contextLength: number;
}

const size = z.number().int().positive();

/** The fields shared by Llama, Qwen2 and Qwen3; transformers 4 and 5 spell RoPE differently. */
const DecoderConfig = z.object({
  architectures: z.array(z.string()).min(1),
  hidden_size: size,
  num_hidden_layers: size,
  num_attention_heads: size,
  num_key_value_heads: size.optional(),
  head_dim: size.nullish(),
  intermediate_size: size,
  vocab_size: size,
  max_position_embeddings: size,
  rms_norm_eps: z.number().positive(),
  hidden_act: z.string().default('silu'),
  tie_word_embeddings: z.boolean().default(false),
  attention_bias: z.boolean().default(false),
  mlp_bias: z.boolean().default(false),
  use_sliding_window: z.boolean().default(false),
  sliding_window: z.number().nullish(),
  layer_types: z.array(z.string()).nullish(),
  quantization_config: z.unknown().optional(),
  rope_theta: z.number().positive().optional(),
  rope_scaling: z.record(z.string(), z.unknown()).nullish(),
  rope_parameters: z.record(z.string(), z.unknown()).nullish(),
});
type DecoderConfig = z.infer<typeof DecoderConfig>;

const ARCHITECTURES: Record<string, (config: DecoderConfig) => Pick<DecoderSpec, 'qkvBias' | 'qkNorm'>> = {
  LlamaForCausalLM: (config) => ({ qkvBias: config.attention_bias, qkNorm: false }),
  Qwen2ForCausalLM: () => ({ qkvBias: true, qkNorm: false }),
  Qwen3ForCausalLM: (config) => ({ qkvBias: config.attention_bias, qkNorm: true }),
};

const refuse = (message: string): never => {
  throw new VerityError('badModel', message);
};

/**
 * Reads config.json's content into a spec.
 * @throws VerityError badModel for an unknown architecture or a feature that would silently compute other numbers.
 */
export function decoderSpec(json: unknown, file: string): DecoderSpec {
  const parsed = DecoderConfig.safeParse(json);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    return refuse(`${file} is not a decoder's configuration: ${issue?.path.join('.')}: ${issue?.message}.`);
  }
  const config = parsed.data;
  const architecture = config.architectures.find((name) => Object.hasOwn(ARCHITECTURES, name));
  const traits = architecture === undefined ? undefined : ARCHITECTURES[architecture];
  if (architecture === undefined || traits === undefined) {
    const known = Object.keys(ARCHITECTURES).join(', ');
    return refuse(`${file} names the architecture ${config.architectures.join(', ')}; Verity runs ${known}.`);
  }
  refuseUnsupported(config, architecture, file);
  const heads = config.num_attention_heads;
  const kvHeads = config.num_key_value_heads ?? heads;
  if (heads % kvHeads !== 0)
    refuse(`${file}: ${heads} attention heads do not divide into ${kvHeads} K/V heads.`);
  const headDim = config.head_dim ?? config.hidden_size / heads;
  if (!Number.isInteger(headDim) || headDim % 2 !== 0)
    refuse(`${file}: the head dimension ${headDim} is not even.`);
  return {
    architecture,
    hiddenSize: config.hidden_size,
    layers: config.num_hidden_layers,
    heads,
    kvHeads,
    headDim,
    ffnSize: config.intermediate_size,
    vocabSize: config.vocab_size,
    normEpsilon: config.rms_norm_eps,
    ...traits(config),
    tiedHead: config.tie_word_embeddings,
    // No config.json speaks of it: whoever opens the weights sees it (checkpoint.ts).
    headBias: false,
    rope: ropeParameters(config, file),
    contextLength: config.max_position_embeddings,
  };
}

function refuseUnsupported(config: DecoderConfig, architecture: string, file: string): void {
  const slides = config.layer_types?.some((type) => type !== 'full_attention') ?? config.use_sliding_window;
  if (slides && (config.sliding_window ?? config.max_position_embeddings) < config.max_position_embeddings)
    refuse(`${file} uses sliding window attention, which Verity does not run.`);
  if (config.quantization_config !== undefined && config.quantization_config !== null)
    refuse(`${file} describes a quantized checkpoint; use the original F32, F16 or BF16 one.`);
  if (config.hidden_act !== 'silu')
    refuse(`${file} uses the activation ${config.hidden_act}; Verity runs silu.`);
  if (config.mlp_bias) refuse(`${file} has biases in its MLP, which Verity's ${architecture} does not run.`);
  // With attention_bias Llama and Qwen3 put a bias on the output projection as well.
  if (config.attention_bias && architecture !== 'Qwen2ForCausalLM')
    refuse(`${file} has attention_bias, which Verity's ${architecture} does not run.`);
}

function ropeParameters(config: DecoderConfig, file: string): RopeParameters {
  const given = { ...config.rope_scaling, ...config.rope_parameters };
  const parsed = RopeParameters.safeParse({
    ...given,
    rope_type: given['rope_type'] ?? given['type'] ?? 'default',
    rope_theta: given['rope_theta'] ?? config.rope_theta ?? 10_000,
    max_position_embeddings: config.max_position_embeddings,
  });
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  return refuse(
    `${file}: RoPE scaling ${JSON.stringify(given)} is not supported: ${issue?.path.join('.')}: ${issue?.message}.`,
  );
}
