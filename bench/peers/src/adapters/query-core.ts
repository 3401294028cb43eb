import { environmentManager, QueryClient, QueryObserver } from '@tanstack/query-core';
import { type Adapter, KEY, type Value } from '../peer.ts';

// Reference, "environmentManager": a process without a window is taken for a server, which refetches nothing.
environmentManager.setIsServer(() => false);

/** Reference, "QueryObserver" with `refetchInterval`, so that it has a loop too, and "QueryClient". */
export const adapter: Adapter = {
  name: '@tanstack/query-core',
  use: "A `QueryObserver` with `refetchInterval`, told that it isn't on a server, `retry` as by default, `gcTime: Infinity`; its `getCurrentResult().data` as the read, and `query()` where there is none, `invalidateQueries()`; it has no bound for how stale a value may be served",
  create(load, { refreshAfter }) {
    const client = new QueryClient();
    const query = { queryKey: [KEY], queryFn: load, gcTime: Infinity };
    const observer = new QueryObserver<Value>(client, {
      ...query,
      staleTime: refreshAfter,
      refetchInterval: refreshAfter,
      refetchIntervalInBackground: true,
    });
    const unsubscribe = observer.subscribe(() => {});
    const read = { ...query, staleTime: 'static' } as const;
    return {
      read: async () => observer.getCurrentResult().data ?? client.query(read),
      peek: () => observer.getCurrentResult().data,
      invalidate: () => client.invalidateQueries({ queryKey: query.queryKey }),
      close() {
        unsubscribe();
        client.clear();
      },
    };
  },
};
