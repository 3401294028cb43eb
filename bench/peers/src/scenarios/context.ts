import { AsyncLocalStorage } from 'node:async_hooks';
import { Reader } from '../reader.ts';
import type { Scenario } from '../scenario.ts';
import { Source } from '../source.ts';

export const context: Scenario = {
  title: 'Request leaks',
  meaning:
    'Each read comes from within a request: whether the loader of a background refresh sees the `AsyncLocalStorage` of that request.',
  fake: true,
  figures: { leaks: { label: 'it is seen', vital: true } },
  async run({ create, time, terms }) {
    const als = new AsyncLocalStorage<string>();
    const seen: (string | undefined)[] = [];
    const source = new Source(terms.loadTime);
    source.onLoad = () => seen.push(als.getStore());
    const reader = new Reader(create(source.load), time, terms.ttl);
    for (let i = 0; i < 1000 && seen.length < 3; i++) {
      await time.advance(terms.ttl / 100);
      await als.run(`request ${i}`, () => reader.read());
    }
    return { leaks: seen.slice(1).some((store) => store !== undefined) ? 1 : 0 };
  },
  cell: ({ leaks }) => (leaks ? 'yes' : 'no'),
};
