import eslint from '@eslint/js';
import prettier from 'eslint-config-prettier';
import { defineConfig } from 'eslint/config';
import tseslint from 'typescript-eslint';

/** The house's arrows: extension → protocol ← server → jobs → runtime; webview → protocol. */
const forbid = (files, patterns, message) => ({
  files,
  rules: {
    'no-restricted-imports': ['error', { patterns: patterns.map((group) => ({ group: [group], message })) }],
  },
});

/** No part of the server may know these. Of blocks that match a file the last alone holds, so each names them anew. */
const EDITOR = ['vscode', '**/extension/**', '**/webview/**'];

/** What asks a job or measures it; a job knows none of it, and no other job. */
const ABOVE_JOBS = ['**/cli/**', '**/service/**', '**/handlers/**', '**/catalog/**', '**/eval/**'];

/** One room per paper. */
const JOBS = ['judge', 'safety', 'agents', 'deduction'].map((job) => `**/${job}/**`);

export default defineConfig(
  {
    ignores: [
      'dist/',
      'out/',
      '.verity/',
      'node_modules/',
      'training/',
      'models/',
      'test/fixtures/',
      'test/e2e/.host/',
    ],
  },
  eslint.configs.recommended,
  tseslint.configs.strictTypeChecked,
  {
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    files: ['**/*.{js,mjs,cjs}'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { process: 'readonly', console: 'readonly', URL: 'readonly' } },
  },
  forbid(['server/**'], EDITOR, 'The server knows no editor.'),
  forbid(
    ['server/protocol/**'],
    [...EDITOR, ...JOBS, '**/runtime/**', '**/catalog/**'],
    'The protocol depends on nothing.',
  ),
  forbid(
    ['server/review/**'],
    [...EDITOR, ...JOBS, '**/runtime/**', '**/catalog/**', '**/service/**', '**/cli/**'],
    'A review is pure: it depends on the protocol alone, so that the extension may share it.',
  ),
  forbid(
    ['server/runtime/**'],
    [...EDITOR, ...JOBS, '**/catalog/**', '**/main.ts', '**/cli.ts'],
    'The runtime knows tokens and tensors, no job.',
  ),
  ...JOBS.map((job) =>
    forbid(
      [job.replace('**', 'server')],
      [...EDITOR, ...ABOVE_JOBS, ...JOBS.filter((other) => other !== job)],
      'A job knows the runtime alone, not who asks, and no other job.',
    ),
  ),
  forbid(
    ['server/eval/**'],
    [...EDITOR, '**/cli/**', '**/service/**', '**/catalog/**'],
    'The evaluation knows judge and runtime, not who asks.',
  ),
  forbid(
    ['extension/**'],
    [
      ...JOBS.map((job) => job.replace('**', '**/server')),
      '**/server/runtime/**',
      '**/server/catalog/**',
      '**/server/handlers/**',
      '**/server/service/**',
      '**/server/cli/**',
      '**/webview/**',
    ],
    'The extension speaks to the server through server/protocol, and shares server/review with it.',
  ),
  forbid(
    ['webview/**'],
    ['vscode', '**/extension/**', '**/server/runtime/**', ...JOBS],
    'A panel knows server/protocol only.',
  ),
  prettier,
);
