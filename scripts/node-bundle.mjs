/** How esbuild bundles TypeScript into an ES module that plain Node runs: the product's, the tests' and the benchmarks'. */

/** CommonJS packages inside an ES module still call require() for Node's own modules. */
const requireShim =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

export const nodeModule = {
  bundle: true,
  platform: 'node',
  target: 'node20',
  format: 'esm',
  external: ['onnxruntime-node', 'z3-solver'],
  banner: { js: requireShim },
};
