import { fileURLToPath } from 'node:url';
import type { ViteUserConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

const config: ViteUserConfig = {
  resolve: {
    alias: [
      { find: /^warm-cache$/, replacement: source('index.ts') },
      { find: /^warm-cache\/(.+)$/, replacement: `${source('adapters')}/$1.ts` },
    ],
  },
  test: {
    include: ['test/**/*.test.ts'],
    // A promise that nobody handles is a broken promise of the library: it fails the run.
    dangerouslyIgnoreUnhandledErrors: false,
    restoreMocks: true,
  },
};

export default config;
