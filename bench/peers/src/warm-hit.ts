// A read of a warm value with every peer, in one process and interleaved rounds: only so are they comparable. Writes
// the ns by adapter to descriptor 3.
import { writeSync } from 'node:fs';
import { async, few, sync } from '../../compiled.ts';
import { interleaved, type Subject } from '../../measure.ts';
import { adapterFiles, loadAdapter } from './adapters.ts';
import { TERMS } from './scenario.ts';

/** Ns per read, by adapter. */
export interface WarmHits {
  readonly awaited: Readonly<Record<string, number>>;
  readonly sync: Readonly<Record<string, number>>;
}

const ROUNDS = 11;
const TERMS_OF_HOURS = { ...TERMS, ttl: 36_000_000, refreshAfter: 35_000_000 };
const value = { version: 1, asOf: Date.now(), total: 1 };

const awaited: Subject[] = [];
const direct: Subject[] = [];
for (const file of adapterFiles) {
  const adapter = await loadAdapter(file);
  const peers = few(() => adapter.create(async () => value, TERMS_OF_HOURS));
  for (const peer of peers) {
    await peer.read();
    await peer.read();
  }
  awaited.push(async(file, peers, (peer) => peer.read()));
  if (peers.every(({ peek }) => peek !== undefined))
    direct.push(sync(file, peers, (peer) => peer.peek?.()?.version ?? 0));
}
const hits: WarmHits = {
  awaited: Object.fromEntries(await interleaved(awaited, ROUNDS, 5e4)),
  sync: Object.fromEntries(await interleaved(direct, ROUNDS, 1e6)),
};
writeSync(3, JSON.stringify(hits));
process.exit();
