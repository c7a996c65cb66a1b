/** Bundles extension (CJS, as every VS Code host loads it), server, worker, CLI (ESM) and the panels (browser). */
import { cp, mkdir, rm } from 'node:fs/promises';
import { context, build } from 'esbuild';

const watch = process.argv.includes('--watch');

const common = { bundle: true, sourcemap: true, logLevel: 'info', minify: !watch, legalComments: 'linked' };

/** ESM bundles hold CommonJS packages, which still call require() for Node's own modules. */
const requireShim =
  "import { createRequire as __createRequire } from 'node:module'; const require = __createRequire(import.meta.url);";

const node = { ...common, platform: 'node', target: 'node20', external: ['onnxruntime-node', 'vscode'] };
const targets = [
  {
    ...node,
    entryPoints: { extension: 'extension/main.ts' },
    outdir: 'dist',
    format: 'cjs',
    outExtension: { '.js': '.cjs' },
  },
  {
    ...node,
    entryPoints: {
      server: 'server/main.ts',
      worker: 'server/runtime/worker/main.ts',
      probe: 'server/runtime/devices/probe-main.ts',
      cli: 'server/cli.ts',
    },
    outdir: 'dist',
    format: 'esm',
    outExtension: { '.js': '.mjs' },
    banner: { js: requireShim },
  },
  {
    ...common,
    entryPoints: { verdict: 'webview/verdict/main.tsx' },
    outdir: 'dist/webview',
    platform: 'browser',
    target: 'es2022',
    format: 'esm',
    jsx: 'automatic',
    jsxImportSource: 'preact',
    loader: { '.ttf': 'file' },
  },
];

await rm('dist', { recursive: true, force: true });
await mkdir('dist/webview', { recursive: true });
if (watch) for (const target of targets) await (await context(target)).watch();
else await Promise.all(targets.map((target) => build(target)));
await cp('node_modules/@vscode/codicons/dist', 'dist/webview/codicons', {
  recursive: true,
  filter: (source) => !/\.(svg|csv|html|json|ts)$/.test(source),
});
