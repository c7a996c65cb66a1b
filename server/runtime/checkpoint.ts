/** A Hugging Face checkpoint directory, read and checked: configuration, weights' places, tokenizer. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type DecoderSpec, decoderSpec } from './architectures.ts';
import { VerityError } from './errors.ts';
import { HEAD_BIAS } from './graph.ts';
import { TextTokenizer } from './tokenizer.ts';
import { Weights } from './weights.ts';

/** What a checkpoint's tokens mean. */
export interface Vocabulary {
  tokenizer: TextTokenizer;
  /** Tokens that end a generation. */
  endTokens: ReadonlySet<number>;
}

export interface Checkpoint extends Vocabulary {
  directory: string;
  spec: DecoderSpec;
  weights: Weights;
}

const TokenIds = z.union([z.number().int(), z.array(z.number().int())]).nullish();
const GenerationConfig = z.object({ eos_token_id: TokenIds });

/**
 * Reads a checkpoint directory.
 * @throws VerityError badModel with one line that names the file and says what is wrong.
 */
export async function openCheckpoint(directory: string): Promise<Checkpoint> {
  const configFile = join(directory, 'config.json');
  const config = await readJson(configFile);
  const spec = decoderSpec(config, configFile);
  const vocabulary = await openVocabulary(directory);
  const { tokenizer } = vocabulary;
  if (tokenizer.maxId >= spec.vocabSize)
    throw new VerityError(
      'badModel',
      `${directory}: tokenizer.json has the token id ${tokenizer.maxId}, the model only ${spec.vocabSize} ` +
        'embeddings; the tokenizer belongs to another model.',
    );
  const weights = await Weights.open(directory);
  return { directory, spec: { ...spec, headBias: weights.has(HEAD_BIAS) }, weights, ...vocabulary };
}

/**
 * Reads what stands beside the weights: enough to speak with a model that another process has loaded.
 * @throws VerityError badModel as openCheckpoint.
 */
export async function openVocabulary(directory: string): Promise<Vocabulary> {
  const tokenizer = TextTokenizer.create(
    await readJson(join(directory, 'tokenizer.json')),
    (await readOptionalJson(join(directory, 'tokenizer_config.json'))) ?? {},
    await readFile(join(directory, 'chat_template.jinja'), 'utf8').catch(() => undefined),
    directory,
  );
  const files = ['generation_config.json', 'config.json'].map((name) => join(directory, name));
  const [generation, config] = await Promise.all(files.map(readOptionalJson));
  return { tokenizer, endTokens: new Set(endTokensOf(generation) ?? endTokensOf(config) ?? []) };
}

function endTokensOf(json: unknown): number[] | undefined {
  const parsed = GenerationConfig.safeParse(json);
  const ids = parsed.success ? parsed.data.eos_token_id : undefined;
  return ids === undefined || ids === null ? undefined : [ids].flat();
}

async function readJson(file: string): Promise<unknown> {
  const json = await readOptionalJson(file);
  if (json !== undefined) return json;
  throw new VerityError(
    'badModel',
    `${file} is missing; a checkpoint directory needs config.json, tokenizer.json and safetensors.`,
  );
}

async function readOptionalJson(file: string): Promise<unknown> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    throw new VerityError('badModel', `${file} is not valid JSON; download or export the checkpoint again.`);
  }
}
