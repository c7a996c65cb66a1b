/** The same checkpoint in the forms that the engines read. All of it is derived, so a later run finds it ready. */
import { access, copyFile, link, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { GGUF_TYPES, writeGguf } from './gguf.mjs';
import { runtime } from './runtime.mjs';
import { variantOf } from './variants.mjs';

const { openCheckpoint, openQuantized, transformersGraph } = await runtime();

const exists = (file) =>
  access(file).then(
    () => true,
    () => false,
  );

/** Paths by dtype, under `folder`; what they hold is made if it is not there. */
export async function prepare(directory, dtypes, folder, { fresh }) {
  const checkpoint = await openCheckpoint(directory);
  const cacheDir = join(folder, 'quantized');
  await mkdir(folder, { recursive: true });
  const forms = {};
  for (const dtype of dtypes) {
    const gguf = join(folder, `${dtype}.gguf`);
    if (fresh || !(await exists(gguf)))
      await writeWhole(gguf, (file) => writeGguf(checkpoint, GGUF_TYPES[dtype], file));
    const weights =
      dtype === 'fp32' ? checkpoint.weights : await openQuantized(checkpoint, variantOf(dtype), cacheDir);
    forms[dtype] = {
      checkpoint: directory,
      cacheDir,
      gguf,
      transformers: await prepareTransformers(checkpoint, weights, dtype, folder),
    };
  }
  return { spec: checkpoint.spec, parameters: checkpoint.weights.parameters, forms };
}

async function writeWhole(file, write) {
  await write(`${file}.part`);
  await rename(`${file}.part`, file);
}

const FILES = { fp32: 'model.onnx', int8: 'model_quantized.onnx', int4: 'model_q4.onnx' };
const MODEL_TYPES = { Qwen2ForCausalLM: 'qwen2', Qwen3ForCausalLM: 'qwen3' };

/** A folder as transformers.js expects it. Weights are linked beside the graph: ONNX Runtime looks for them there. */
async function prepareTransformers({ directory, spec }, weights, dtype, folder) {
  const model = join(folder, `transformers-${dtype}`);
  await rm(model, { recursive: true, force: true });
  await mkdir(join(model, 'onnx'), { recursive: true });
  const config = JSON.parse(await readFile(join(directory, 'config.json'), 'utf8'));
  // No token ends a generation: every engine writes as many as it is told.
  delete config.eos_token_id;
  config.model_type ??= MODEL_TYPES[spec.architecture];
  await writeFile(join(model, 'config.json'), JSON.stringify(config));
  const used = { ...spec, contextLength: Math.min(spec.contextLength, 4096) };
  await writeFile(join(model, 'onnx', FILES[dtype]), transformersGraph(used, weights));
  const name = weights.locate('model.norm.weight', [spec.hiddenSize]).file;
  const source = join(weights.folder, basename(name));
  const target = join(model, 'onnx', basename(name));
  await link(source, target).catch(() => copyFile(source, target));
  return model;
}
