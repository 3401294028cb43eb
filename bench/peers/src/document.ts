import { type Better, type Result, whereBetter } from './results.ts';
import { TERMS } from './scenario.ts';
import { scenarios } from './scenarios.ts';
import { AWAITED, SYNC, table, UNHANDLED } from './table.ts';

const figure = (value: number): string =>
  value === Infinity
    ? 'never'
    : value < 10
      ? value.toFixed(1).replace(/\.0$/, '')
      : `${Math.round(value)}`;

const better = ({ what, ours: own, peers, why }: Better): string =>
  `- **${what}**: warm-cache ${figure(own)}; ${peers
    .map((peer) => `${peer.name} ${figure(peer.figure)}`)
    .join(', ')}. ${why ?? 'Not explained yet.'}`;

const item = (title: string, text: string): string => `- **${title}**. ${text}`;

/** The page that `docs/comparison.md` is. */
export function page(results: readonly Result[]): string {
  const found = whereBetter(results).map(better);
  const unhandled = results.some(({ reports }) =>
    Object.values(reports).some((report) => report.unhandled > 0),
  );
  return `---
title: Comparison
category: Evidence
---

# Comparison

\`npm run bench:peers\` installs the peers in a folder of their own, \`bench/peers\`, runs all of it, prints the table, and
writes this page. One run, with Node ${process.version} on ${process.platform} ${process.arch}:

${table(results)}

Each library does what it can: it is used as its own documentation has it, with every option that helps it here. All are
asked for the same: a value that is fresh for ${TERMS.ttl / 1000} s, may be refreshed ahead from ${TERMS.refreshAfter / 1000} s on, and may be served for ${TERMS.maxStale / 1000} s more while
there is no newer one; a load takes ${TERMS.loadTime} ms. warm-cache finds by itself when to refresh, the others are told. A value is as
old as the start of the load that read it. A read has waited if it wasn't answered within 10 ms.

Each scenario runs with each library in a process of its own. All but the last two scenarios run by a fake clock and
with seeded random numbers, and so come out alike on every machine. The reads are timed in one process, in interleaved
rounds: compare them with each other, and with no other run's.

## What the columns tell

${Object.values(scenarios)
  .map(({ title, meaning }) => item(title, meaning))
  .join('\n')}
${item(AWAITED, 'One read of a warm value, and the `await` of it; the median of interleaved rounds.')}
${item(SYNC, 'The same where the library has a read that needs no `await`.')}
${unhandled ? `\n${UNHANDLED}: a promise was rejected with nobody to handle it, which ends a process.\n` : ''}
## Where a peer does better

${found.length > 0 ? found.join('\n') : 'In no figure of this run.'}

A figure counts only where the peer doesn't do worse in what matters more: fewer loads are no gain where reads wait for
them. And this compares one value in one process. Many keys and their eviction (lru-cache and most of the others), a second
tier that processes share (bentocache, cacheable, cache-manager, layered-loader, async-cache-dedupe), or the state of a user
interface (@tanstack/query-core) are what some of the others are made for.

## How each is used

${results.map(({ adapter, version }) => item(`${adapter.name} ${version}`, `${adapter.use}.`)).join('\n')}

The code is in \`bench/peers/src/adapters\`, one file a library; the scenarios are beside it.
`;
}
