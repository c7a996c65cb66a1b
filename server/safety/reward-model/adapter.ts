/** A LoRA adapter as PEFT stores it (Hu et al., arXiv 2106.09685): W + alpha/r · B·A for each matrix it changes. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { VerityError } from '../../runtime/errors.ts';
import { readSafetensorsHeader, type TensorLocation } from '../../runtime/safetensors.ts';

/** The matrices of one low-rank change. */
export interface LowRankChange {
  /** The base's tensor, as `model.layers.0.self_attn.q_proj.weight`. */
  target: string;
  /** [r, in] */
  a: TensorLocation;
  /** [out, r] */
  b: TensorLocation;
}

export interface Adapter {
  directory: string;
  /** What the adapter says it was trained on; for messages. */
  baseName: string;
  rank: number;
  /** alpha / r */
  scale: number;
  changes: LowRankChange[];
}

const size = z.number().int().positive();
const none = z.null().optional();
const empty = z.record(z.string(), z.never()).nullish();
const off = z.literal(false).default(false);

/** Whatever else PEFT writes says how the adapter was trained; what would change the numbers is refused by name. */
const AdapterConfig = z.object({
  peft_type: z.literal('LORA'),
  base_model_name_or_path: z.string().nullish(),
  r: size,
  lora_alpha: z.number().positive(),
  target_modules: z.array(z.string()).min(1),
  bias: z.literal('none').default('none'),
  fan_in_fan_out: off,
  use_rslora: off,
  use_dora: off,
  use_qalora: off,
  lora_bias: off,
  use_bdlora: none,
  alora_invocation_tokens: none,
  modules_to_save: none,
  target_parameters: none,
  layer_replication: none,
  trainable_token_indices: none,
  rank_pattern: empty,
  alpha_pattern: empty,
});

const CONFIG_FILE = 'adapter_config.json';
const TENSORS_FILE = 'adapter_model.safetensors';

/** PEFT wraps the model twice: `base_model.model.<name of the module>.lora_A.weight`. */
const TENSOR_NAME = /^base_model\.model\.(?<module>.+)\.lora_(?<side>[AB])\.weight$/;

/**
 * Reads an adapter's configuration and finds its tensors.
 * @throws VerityError badModel if it is no plain LoRA adapter, with the option or tensor that is in the way.
 */
export async function openAdapter(directory: string): Promise<Adapter> {
  const config = await readConfig(join(directory, CONFIG_FILE));
  const tensors = await readSafetensorsHeader(join(directory, TENSORS_FILE));
  return {
    directory,
    baseName: config.base_model_name_or_path ?? 'an unnamed model',
    rank: config.r,
    scale: config.lora_alpha / config.r,
    changes: pair(join(directory, TENSORS_FILE), [...tensors.values()], config),
  };
}

async function readConfig(file: string): Promise<z.infer<typeof AdapterConfig>> {
  const text = await readFile(file, 'utf8').catch(() => {
    throw new VerityError(
      'badModel',
      `${file} is missing; a reward model needs its adapter's configuration.`,
    );
  });
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch {
    throw new VerityError('badModel', `${file} is not valid JSON; download the adapter again.`);
  }
  const parsed = AdapterConfig.safeParse(json);
  if (parsed.success) return parsed.data;
  const path = parsed.error.issues[0]?.path ?? [];
  const value = path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    json,
  );
  throw new VerityError(
    'badModel',
    `${file} has ${path.join('.') || 'a value'} = ${JSON.stringify(value)}, which Verity does not run; ` +
      'it takes plain LoRA adapters.',
  );
}

/** A and B of each changed matrix, in the order of the names. */
function pair(
  file: string,
  tensors: TensorLocation[],
  { r, target_modules: modules }: z.infer<typeof AdapterConfig>,
): LowRankChange[] {
  const refuse = (what: string): never => {
    throw new VerityError('badModel', `${file} does not fit its ${CONFIG_FILE}: ${what}.`);
  };
  const sides = new Map<string, Partial<Record<'A' | 'B', TensorLocation>>>();
  for (const tensor of tensors) {
    const { module = '', side } = TENSOR_NAME.exec(tensor.name)?.groups ?? {};
    const isTarget = modules.some((name) => module === name || module.endsWith(`.${name}`));
    if (!isTarget) refuse(`${tensor.name} belongs to none of its target modules`);
    if (tensor.dtype !== 'F32') refuse(`${tensor.name} is ${tensor.dtype}, not F32`);
    sides.set(module, { ...sides.get(module), [side!]: tensor });
  }
  const unused = modules.find((name) => ![...sides.keys()].some((module) => module.endsWith(name)));
  if (unused !== undefined) refuse(`it has no tensor for ${unused}`);
  return [...sides.entries()].map(([module, { A, B }]) => {
    if (A === undefined || B === undefined) return refuse(`${module} has not both lora_A and lora_B`);
    if (A.shape.length !== 2 || A.shape[0] !== r)
      refuse(`${A.name} has the shape [${A.shape.join()}], not [${r}, in]`);
    if (B.shape.length !== 2 || B.shape[1] !== r)
      refuse(`${B.name} has the shape [${B.shape.join()}], not [out, ${r}]`);
    return { target: `${module}.weight`, a: A, b: B };
  });
}
