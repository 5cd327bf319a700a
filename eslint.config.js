import js from '@eslint/js';
import svelte from 'eslint-plugin-svelte';
import globals from 'globals';
import ts from 'typescript-eslint';
import svelteConfig from './svelte.config.js';

// The import table itself is checked by test/tools/layers.mjs; here are the rules a type checker is needed for, and the
// two imports that must never be reached by accident in an editor.
const noDefaultExport = {
  selector: 'ExportDefaultDeclaration',
  message: 'Export by name: a name that is the same everywhere can be searched for.',
};

// Plain JavaScript is read by eslint's own parser, which knows the language as it is.
const typed = ['**/*.ts', '**/*.svelte'];

export default ts.config(
  { ignores: ['node_modules/', 'dist/', 'build/', 'release/', 'binding/generated/', 'test-results/'] },
  js.configs.recommended,
  {
    linterOptions: { reportUnusedDisableDirectives: 'error' },
    rules: { eqeqeq: ['error', 'always'], 'no-restricted-syntax': ['error', noDefaultExport] },
  },
  {
    files: typed,
    extends: ts.configs.recommendedTypeChecked,
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['renderer/vite.config.ts'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/no-explicit-any': 'error',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_' }],
      '@typescript-eslint/switch-exhaustiveness-check': ['error', { considerDefaultExhaustiveForUnions: true }],
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true, allowBoolean: true }],
    },
  },
  ...svelte.configs.recommended,
  { files: ['src/**', 'test/**', 'binding/**', '*.js', '*.ts'], languageOptions: { globals: globals.node } },
  { files: ['renderer/**', 'test/e2e/**', 'test/unit/renderer/**'], languageOptions: { globals: globals.browser } },
  {
    files: ['**/*.svelte', '**/*.svelte.ts'],
    languageOptions: { parserOptions: { parser: ts.parser, extraFileExtensions: ['.svelte'], svelteConfig } },
  },
  // In markup the linter sees snippet and callback arguments as `any`; svelte-check types them.
  {
    files: ['**/*.svelte'],
    rules: {
      '@typescript-eslint/no-unsafe-argument': 'off',
      '@typescript-eslint/no-unsafe-assignment': 'off',
      '@typescript-eslint/no-unsafe-call': 'off',
      '@typescript-eslint/no-unsafe-member-access': 'off',
      '@typescript-eslint/no-unsafe-return': 'off',
    },
  },
  // What $props() gives is declared with let, by Svelte's own convention; the plugin knows which ones those are.
  { files: ['**/*.svelte'], rules: { 'prefer-const': 'off', 'svelte/prefer-const': 'error' } },
  // Tools that read a configuration file accept a default export only.
  { files: ['*.config.{js,ts}', '**/vite.config.ts'], rules: { 'no-restricted-syntax': 'off' } },
  // A vitest mock is often an async function without an await.
  { files: ['test/**/*.ts'], rules: { '@typescript-eslint/require-await': 'off' } },
  // The generators are plain JavaScript without types, and so is what their tests get from them.
  {
    files: ['test/unit/binding/generators/**/*.ts'],
    rules: Object.fromEntries(
      ['argument', 'assignment', 'call', 'member-access', 'return'].map((use) => [
        `@typescript-eslint/no-unsafe-${use}`,
        'off',
      ]),
    ),
  },
);
