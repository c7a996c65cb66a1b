import { defineConfig } from 'vitest/config';

const project = (name: string, timeout: number) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.ts`],
    testTimeout: timeout,
    hookTimeout: timeout,
    // Native sessions and real editors: one file at a time, each in a process of its own.
    pool: 'forks' as const,
    fileParallelism: name === 'unit',
  },
});

export default defineConfig({
  test: {
    projects: [
      project('unit', 60_000),
      project('server', 120_000),
      project('panels', 60_000),
      project('e2e', 240_000),
    ],
  },
});
