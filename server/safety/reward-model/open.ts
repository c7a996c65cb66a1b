/** A multifurcation reward model: a decoder whose head gives a reward for every next token (Saffron-1, arXiv 2506.06444). */
import { join, resolve } from 'node:path';
import { openCheckpoint } from '../../runtime/checkpoint.ts';
import { VerityError } from '../../runtime/errors.ts';
import { userCacheDirectory } from '../../runtime/user-cache.ts';
import { readTorchTensor } from '../torch/tensor-file.ts';
import { openAdapter } from './adapter.ts';
import { mergedCheckpoint } from './merge.ts';

export interface RewardModel {
  /** An ordinary checkpoint, the base with the adapter: its logits are rewards. */
  directory: string;
  /** [vocabSize]: 1 for a token that no training data showed. */
  unseen: Uint8Array;
}

export interface RewardModelFiles {
  /** The checkpoint that the adapter was trained on. */
  base: string;
  /** adapter_config.json, adapter_model.safetensors, lm_head_bias.pt, unseen_mask.pt. */
  adapter: string;
}

/**
 * Reads the published files as they are; the adapter is merged into the base's weights once.
 * @param mergedDir Where merged checkpoints are kept.
 * @throws VerityError badModel if a file is not what it should be, or adapter and base do not belong together.
 */
export async function openRewardModel(
  files: RewardModelFiles,
  mergedDir = userCacheDirectory('merged'),
): Promise<RewardModel> {
  const base = await openCheckpoint(resolve(files.base));
  const adapter = await openAdapter(resolve(files.adapter));
  const bias = await readVector(join(adapter.directory, 'lm_head_bias.pt'), base.spec.vocabSize);
  const unseen = await readVector(join(adapter.directory, 'unseen_mask.pt'), base.spec.vocabSize, 'BOOL');
  const directory = await mergedCheckpoint(base, adapter, bias, mergedDir);
  return { directory, unseen: Uint8Array.from(unseen) };
}

async function readVector(file: string, length: number, type?: 'BOOL'): Promise<Float32Array> {
  const { dtype, shape, values } = await readTorchTensor(file);
  const isBool = dtype === 'BOOL';
  if (shape.length !== 1 || shape[0] !== length || isBool !== (type === 'BOOL'))
    throw new VerityError(
      'badModel',
      `${file} holds ${dtype} of shape [${shape.join()}], but the base has ${length} tokens; ` +
        'give the base that the reward model was trained on.',
    );
  return values;
}
