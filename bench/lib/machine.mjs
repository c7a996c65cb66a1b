import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, loadavg, totalmem } from 'node:os';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../..');
const version = (file) => JSON.parse(readFileSync(join(root, file), 'utf8')).version;

export const machine = (threads) => ({
  cpu: cpus()[0].model,
  cores: cpus().length,
  threads,
  memoryGB: Math.round(totalmem() / 1e9),
});

export function versions() {
  const git = (...args) => execFileSync('git', args, { cwd: root, encoding: 'utf8' }).trim();
  return {
    commit:
      git('rev-parse', '--short', 'HEAD') +
      (git('status', '--porcelain', 'server') === '' ? '' : ' and changes'),
    node: process.version,
    'onnxruntime-node': version('node_modules/onnxruntime-node/package.json'),
    'node-llama-cpp': version('bench/node_modules/node-llama-cpp/package.json'),
    '@huggingface/transformers': version('bench/node_modules/@huggingface/transformers/package.json'),
  };
}

/** Runnable processes over the last minute: above the number of threads, others slow the measurement down. */
export const load = () => Number(loadavg()[0].toFixed(2));
