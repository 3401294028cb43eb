import type { Budget } from './world.ts';

export interface Setup {
  readonly name: string;
  /** How many processes there are. */
  readonly size: number;
  readonly budget: Partial<Budget>;
  /** Whether the calls of one process, or their answers, may overtake each other: it has several connections. */
  readonly unordered?: true;
}

const two = (name: string, budget: Partial<Budget>): Setup => ({ name, size: 2, budget });

/** All of their states are looked at in a few seconds. */
export const SETUPS = {
  plain: two('invalidated', { claims: 2, invalidations: 1 }),
  three: { name: 'three processes', size: 3, budget: { claims: 2, expiries: 1 } },
  lost: two('messages are lost', { claims: 1, invalidations: 1, losses: 1 }),
  fallen: two('leases fall', { claims: 2, expiries: 2 }),
  failed: two('loads fail', { claims: 2, failures: 1 }),
  purged: two('purged', { claims: 1, purges: 1 }),
  silent: two('no answer', { claims: 1, invalidations: 1, timeouts: 1 }),
  silentPurged: two('no answer, purged', { claims: 1, purges: 1, timeouts: 1 }),
  byHand: two('set by hand', { claims: 1, puts: 1, losses: 1 }),
  byHandInvalidated: two('set by hand, invalidated', { puts: 1, invalidations: 1 }),
  wiped: two('all is forgotten', { claims: 1, invalidations: 1, wipes: 1 }),
  wipedByHand: two('all is forgotten, set by hand', { claims: 1, puts: 1, wipes: 1 }),
  wipedLoaded: two('all is forgotten, loaded', { claims: 3, wipes: 1 }),
  rewound: two('a replica takes over', { claims: 1, invalidations: 1, rewinds: 1 }),
  rewoundClaimed: two('a replica takes over, loaded', { claims: 2, rewinds: 1 }),
  restored: two('a replica brings back what was forgotten', {
    invalidations: 1,
    wipes: 1,
    rewinds: 1,
  }),
  several: { ...two('several connections', { claims: 1, invalidations: 1 }), unordered: true },
} satisfies Readonly<Record<string, Setup>>;

/** Only for what goes wrong in them without a rule: there are too many states to look at all of them each time. */
export const DEEP = {
  overtaken: two('set by hand, overtaken', { claims: 1, invalidations: 1, puts: 1 }),
  rewoundByHand: two('a replica takes over, set by hand', {
    invalidations: 1,
    puts: 2,
    rewinds: 1,
  }),
} satisfies Readonly<Record<string, Setup>>;

/** For a search that takes minutes. */
export const LARGE: readonly Setup[] = [
  two('messages are lost, leases fall', { claims: 2, invalidations: 1, losses: 1, expiries: 1 }),
  two('all is forgotten', { claims: 2, invalidations: 1, wipes: 1 }),
  two('a replica takes over', { claims: 2, invalidations: 1, rewinds: 1 }),
  two('no answer', { claims: 2, invalidations: 1, timeouts: 1 }),
  two('no answer, all is forgotten', { claims: 1, invalidations: 1, timeouts: 1, wipes: 1 }),
  two('no answer, a replica takes over', { claims: 1, invalidations: 1, timeouts: 1, rewinds: 1 }),
  two('a replica takes over, set by hand', { claims: 1, invalidations: 1, puts: 1, rewinds: 1 }),
  two('forgotten, and a replica takes over', { claims: 1, invalidations: 1, wipes: 1, rewinds: 1 }),
  two('set by hand', { claims: 1, invalidations: 1, puts: 1 }),
  two('purged, no answer', { claims: 2, purges: 1, timeouts: 1 }),
  { name: 'three processes', size: 3, budget: { claims: 2, invalidations: 1 } },
  {
    name: 'several connections',
    size: 2,
    budget: { claims: 2, invalidations: 1 },
    unordered: true,
  },
];
