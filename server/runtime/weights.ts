/** The tensors of a checkpoint, in one safetensors file or many, and how the graph refers to them. */
import { readFile, realpath } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { VerityError } from './errors.ts';
import { DataType } from './onnx/schema.ts';
import { readSafetensorsHeader, type SafetensorsDtype, type TensorLocation } from './safetensors.ts';
import type { GraphWeights, PlainTensor } from './stored.ts';

const WEIGHT_TYPES = {
  F32: DataType.float,
  F16: DataType.float16,
  BF16: DataType.bfloat16,
} as const;

/** The types of weights that Verity reads. */
export type FloatDtype = keyof typeof WEIGHT_TYPES;

export interface FloatTensorLocation extends TensorLocation {
  dtype: FloatDtype;
}

const isFloat = (dtype: SafetensorsDtype): dtype is FloatDtype => Object.hasOwn(WEIGHT_TYPES, dtype);

const ShardIndex = z.object({ weight_map: z.record(z.string(), z.string()) });

/** Where every tensor of a checkpoint lies. */
export class Weights implements GraphWeights {
  readonly folder: string;
  readonly quantized = false;
  private readonly tensors: Map<string, TensorLocation>;

  private constructor(folder: string, tensors: Map<string, TensorLocation>) {
    this.folder = folder;
    this.tensors = tensors;
  }

  /**
   * Reads the headers of `model.safetensors`, or of the shards that `model.safetensors.index.json` names.
   * @throws VerityError badModel if a file is missing, breaks the format, or the index names what is not there.
   */
  static async open(directory: string): Promise<Weights> {
    const shards = await weightFiles(directory);
    const folders = new Set(shards.map(({ file }) => dirname(file)));
    const folder = [...folders][0];
    if (folder === undefined || folders.size > 1)
      throw new VerityError(
        'badModel',
        `The safetensors files of ${directory} link to different folders; copy them.`,
      );
    const tensors = new Map<string, TensorLocation>();
    for (const { file, promised } of shards) {
      const found = await readSafetensorsHeader(file);
      const lost = promised.find((name) => !found.has(name));
      if (lost !== undefined)
        throw new VerityError(
          'badModel',
          `${file} has no tensor ${lost}, which the index of ${directory} promises; download the checkpoint again.`,
        );
      // A tensor belongs to the shard that the index names, whatever other shards hold under the same name.
      const wanted = promised.length === 0 ? found.keys() : promised;
      for (const name of wanted) tensors.set(name, found.get(name)!);
    }
    return new Weights(folder, tensors);
  }

  /** Bytes of all tensors. */
  get byteLength(): number {
    return [...this.tensors.values()].reduce((sum, tensor) => sum + tensor.byteLength, 0);
  }

  /** Number of scalars in all tensors. */
  get parameters(): number {
    return [...this.tensors.values()].reduce((sum, { shape }) => sum + shape.reduce((a, b) => a * b, 1), 0);
  }

  has(name: string): boolean {
    return this.tensors.has(name);
  }

  /** The real paths of the files that hold the tensors. */
  get files(): string[] {
    return [...new Set([...this.tensors.values()].map(({ file }) => file))].sort();
  }

  /** The tensors that one of the files holds. */
  namesIn(file: string): string[] {
    return [...this.tensors.values()].filter((tensor) => tensor.file === file).map(({ name }) => name);
  }

  locate(name: string, shape: number[]): PlainTensor {
    const { dtype, file, offset, byteLength } = this.find(name, shape);
    return { kind: 'plain', type: WEIGHT_TYPES[dtype], file: basename(file), offset, byteLength };
  }

  /**
   * A tensor of the given shape, to read it.
   * @throws VerityError badModel if the tensor is missing or has another shape or an unsupported type.
   */
  find(name: string, shape: number[]): FloatTensorLocation {
    const tensor = this.tensors.get(name);
    const refuse = (what: string): never => {
      throw new VerityError(
        'badModel',
        `The checkpoint in ${this.folder} ${what}; it does not fit its config.json.`,
      );
    };
    if (tensor === undefined) return refuse(`has no tensor ${name}`);
    if (tensor.shape.join() !== shape.join())
      refuse(`has ${name} of shape [${tensor.shape.join()}] where [${shape.join()}] is needed`);
    const { dtype } = tensor;
    if (!isFloat(dtype)) return refuse(`has ${name} as ${dtype}, and Verity reads F32, F16 and BF16`);
    return { ...tensor, dtype };
  }
}

interface Shard {
  /** Real path: ONNX Runtime refuses links that leave the folder, and Hugging Face's cache links to blobs. */
  file: string;
  /** Tensors that the index says it holds. */
  promised: string[];
}

async function weightFiles(directory: string): Promise<Shard[]> {
  const single = await realpath(join(directory, 'model.safetensors')).catch(() => undefined);
  if (single !== undefined) return [{ file: single, promised: [] }];
  const index = await readFile(join(directory, 'model.safetensors.index.json'), 'utf8').catch(
    () => undefined,
  );
  if (index === undefined)
    throw new VerityError(
      'badModel',
      `${directory} has no model.safetensors and no model.safetensors.index.json.`,
    );
  return Promise.all(
    [...tensorsByShard(index, directory)].map(async ([name, promised]) => {
      const file = await realpath(join(directory, name)).catch(() => {
        throw new VerityError(
          'badModel',
          `${directory} lacks ${name}, which its index names: the download is incomplete.`,
        );
      });
      return { file, promised };
    }),
  );
}

function tensorsByShard(index: string, directory: string): Map<string, string[]> {
  const file = join(directory, 'model.safetensors.index.json');
  let json: unknown;
  try {
    json = JSON.parse(index);
  } catch {
    throw new VerityError('badModel', `${file} is not valid JSON.`);
  }
  const parsed = ShardIndex.safeParse(json);
  if (!parsed.success) throw new VerityError('badModel', `${file} has no valid weight_map.`);
  const shards = new Map<string, string[]>();
  for (const [tensor, name] of Object.entries(parsed.data.weight_map))
    shards.set(name, [...(shards.get(name) ?? []), tensor]);
  const outside = [...shards.keys()].find((name) => !isPlainName(name));
  if (outside !== undefined || shards.size === 0)
    throw new VerityError(
      'badModel',
      `${file} names ${JSON.stringify(outside ?? '')}, which is no file beside it.`,
    );
  return shards;
}

/** Whether a name stays in its directory on every system: no separator of any, no drive, no way up. */
const isPlainName = (name: string): boolean => /^[^/\\:]+$/.test(name) && name !== '.' && name !== '..';
