import type { ViteUserConfig } from 'vitest/config';
import config from './vitest.config.ts';

// What needs a browser: the page of `npm run demo:live`, on the real stack.
const { projects: _, ...test } = config.test ?? {};
const browser: ViteUserConfig = {
  ...config,
  test: {
    ...test,
    include: ['examples/live/test/browser/*.test.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 60_000,
  },
};

export default browser;
