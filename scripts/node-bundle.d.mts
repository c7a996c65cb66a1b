import type { BuildOptions } from 'esbuild';

export const nodeModule: BuildOptions;
