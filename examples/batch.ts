// Keys that are due together go in one call; one of them fails alone.
import { WarmCacheMap } from 'warm-cache';

const prices = new WarmCacheMap({
  name: 'prices',
  loadMany: async (ids: readonly string[]) => {
    console.log('one query for', ids.join(', '));
    return ids.map((id) => [id, id === 'plum' ? new Error('no such row') : id.length] as const);
  },
  ttl: 60_000,
  retry: { retries: 0 },
});

const answers = await Promise.allSettled(['apple', 'plum', 'fig'].map((id) => prices.get(id)));
for (const answer of answers) {
  console.log(answer.status === 'fulfilled' ? answer.value : answer.reason.message);
}
await prices.stop();
