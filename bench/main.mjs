/**
 * npm run bench [-- PART OPTIONS]; each part's file says what it measures and its options.
 *
 *   engines        Verity beside node-llama-cpp and transformers.js (the part that runs if none is named)
 *   quantization   fp32, int8 and int4 side by side: load, memory, speed
 *   quality        what quantization costs in quality
 *   search         what the KV trie and the multifurcation reward model save a search
 */
import process from 'node:process';
import { bundleRuntime } from './lib/runtime.mjs';

const PARTS = {
  engines: './engines.mjs',
  quantization: './quantization.mjs',
  quality: './quantization-quality.mjs',
  search: './search.mjs',
};

// This process loads ONNX Runtime in some parts: it must send nothing.
process.env.ORT_DISABLE_TELEMETRY = '1';

const [name] = process.argv.slice(2);
const isNamed = name !== undefined && Object.hasOwn(PARTS, name);
if (isNamed) process.argv.splice(2, 1);
await bundleRuntime();
await import(PARTS[isNamed ? name : 'engines']);
