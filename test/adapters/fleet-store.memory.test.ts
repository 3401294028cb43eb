import { describeStore } from '../support/fleet/conformance.ts';
import { memoryServer } from '../support/fleet/memory-store.ts';

describeStore('the store in memory', async () => {
  const server = memoryServer();
  return {
    store: (key) => server.store(key),
    forget: async (key) => {
      const left = new Map(server.copy());
      left.delete(key);
      server.rewind(left);
    },
    close: async () => {},
  };
});
