import type { Report } from './child.ts';
import type { Adapter } from './peer.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';

/** All that is known of one peer: a row of the table. */
export interface Result {
  readonly adapter: Adapter;
  readonly version: string;
  readonly reports: Readonly<Record<ScenarioName, Report>>;
  /** Ns for a read of a warm value. */
  readonly awaited: number;
  readonly sync: number | undefined;
}

/** A figure in which some peers do better than warm-cache. */
export interface Better {
  readonly what: string;
  readonly ours: number;
  readonly peers: readonly { readonly name: string; readonly figure: number }[];
  readonly why: string | undefined;
}

/** Smaller by more than one run's noise. */
const isLess = (a: number, b: number): boolean => a < 0.95 * b;

/** Every figure in which a peer does better than the first one, warm-cache. */
export function whereBetter([ours, ...peers]: readonly Result[]): Better[] {
  if (!ours) return [];
  const found: Better[] = [];
  const compare = (
    what: string,
    figureOf: (result: Result) => number | undefined,
    why?: string,
    mayCompare = (_peer: Result): boolean => true,
  ): void => {
    const limit = figureOf(ours) ?? 0;
    const better = peers
      .filter(mayCompare)
      .map((peer) => ({ name: peer.adapter.name, figure: figureOf(peer) ?? Infinity }))
      .filter(({ figure }) => isLess(figure, limit));
    if (better.length > 0) found.push({ what, ours: limit, peers: better, why });
  };
  for (const name of Object.keys(scenarios) as ScenarioName[]) {
    const { title, figures } = scenarios[name];
    const figure = (result: Result, key: string): number => result.reports[name].figures[key] ?? 0;
    const vital = Object.keys(figures).filter((key) => figures[key]?.vital);
    for (const [key, { label, why }] of Object.entries(figures)) {
      compare(
        `${title}, ${label}`,
        (result) => figure(result, key),
        why,
        (peer) =>
          vital.includes(key) || vital.every((gate) => figure(peer, gate) <= figure(ours, gate)),
      );
    }
  }
  compare('A read of a warm value, awaited, ns', ({ awaited }) => awaited);
  compare('A read of a warm value, synchronous, ns', ({ sync }) => sync);
  return found;
}
