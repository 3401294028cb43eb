import type { Peer, Terms, Value } from './peer.ts';
import type { Time } from './time.ts';

/** How a peer did, by name; of each figure the smaller is the better one. */
export type Figures = Readonly<Record<string, number>>;

export interface Figure {
  readonly label: string;
  /** Whether whoever does worse in it can't do better in any other figure of the scenario. */
  readonly vital?: boolean;
  /** Why a peer may do better here than warm-cache. */
  readonly why?: string;
}

export interface Scenario {
  /** The heading of its column. */
  readonly title: string;
  /** What happens, and what the cell tells, in Markdown. */
  readonly meaning: string;
  /** Whether the clock is fake: moved by the scenario alone. */
  readonly fake: boolean;
  readonly figures: Readonly<Record<string, Figure>>;
  run(stage: Stage): Promise<Figures>;
  cell(figures: Figures): string;
}

export interface Stage {
  readonly time: Time;
  readonly terms: Terms;
  /** The peer, with terms of its own if need be. */
  create(load: () => Promise<Value>, terms?: Terms): Peer;
}

/** Ten seconds fresh, a refresh from the eighth on; a load takes half a second, and may take ten times that. */
export const TERMS: Terms = {
  ttl: 10_000,
  refreshAfter: 8000,
  maxStale: 100_000,
  loadTime: 500,
  loadTimeout: 5000,
};

/** A number of ttls. */
export const inTtls = (figure: number | undefined): string =>
  figure === Infinity ? 'never' : `${figure?.toFixed(1)}`;
