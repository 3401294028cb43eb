import type { ViteUserConfig } from 'vitest/config';
import config from './vitest.config.ts';

// What mutants are tried on: the tests of the contract, section by section, that run in this process.
const { projects: _, ...test } = config.test ?? {};
const mutation: ViteUserConfig = {
  ...config,
  test: {
    ...test,
    include: ['test/[1-8]-*.test.ts'],
    exclude: ['test/*-process.test.ts'],
    isolate: false,
  },
};

export default mutation;
