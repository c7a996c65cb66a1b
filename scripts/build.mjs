/** Bundles extension (CJS, as every VS Code host loads it), server, worker, CLI (ESM) and the panels (browser). */
import { cp, mkdir, rm } from 'node:fs/promises';
import { context, build } from 'esbuild';
import { nodeModule } from './node-bundle.mjs';

const watch = process.argv.includes('--watch');

const common = { bundle: true, sourcemap: true, logLevel: 'info', minify: !watch, legalComments: 'linked' };

const targets = [
  {
    ...common,
    entryPoints: { extension: 'extension/main.ts' },
    outdir: 'dist',
    platform: 'node',
    target: 'node20',
    format: 'cjs',
    external: ['vscode'],
    outExtension: { '.js': '.cjs' },
  },
  {
    ...common,
    ...nodeModule,
    entryPoints: {
      server: 'server/main.ts',
      worker: 'server/runtime/worker/main.ts',
      probe: 'server/runtime/devices/probe-main.ts',
      cli: 'server/cli.ts',
    },
    outdir: 'dist',
    outExtension: { '.js': '.mjs' },
  },
  {
    ...common,
    entryPoints: {
      verdict: 'webview/verdict/main.tsx',
      'search-tree': 'webview/search-tree/main.tsx',
      agents: 'webview/agents/main.tsx',
    },
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
