import type { BoardOptions } from '../../src/board.ts';

/** A board that grows old within moments, so that tests see what else takes minutes. */
export const QUICK: Partial<BoardOptions> = {
  ttl: 100,
  retry: { retries: 0 },
  backoff: { minDelay: 20, maxDelay: 100 },
};
