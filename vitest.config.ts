import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

const source = (path: string): string => fileURLToPath(new URL(`./src/${path}`, import.meta.url));

export default defineConfig({
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
});
