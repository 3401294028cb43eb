import { env } from 'node:process';
import { describe, expect, test } from 'vitest';
import { explore } from './fleet/fleet.ts';
import { type Rule, without } from './fleet/rules.ts';
import { DEEP, LARGE, SETUPS, type Setup } from './fleet/setups.ts';

// The protocol of a fleet, in all orders in which things may happen. With FLEET_STATES set, as many states of the large
// setups are looked at too.

const MOST = 100_000;
const large = Number(env['FLEET_STATES'] ?? 0);

describe('whatever happens in whichever order, a fleet keeps its promises', () => {
  test.each(Object.values(SETUPS))('$name', { timeout: 60_000 }, (setup) => {
    const { found, states, complete } = explore(setup, MOST);
    expect(found, `${states} states`).toBe('');
    expect(complete, `${states} states`).toBe(true);
  });

  test.runIf(large > 0).each(LARGE)('$name, at length', { timeout: 3_600_000 }, (setup) => {
    const { found, states } = explore(setup, large);
    expect(found, `${states} states`).toBe('');
  });
});

const broken: readonly [invariant: string, setup: Setup, ...left: Rule[]][] = [
  // Whoever got the last fence tells the epoch and the fence as well: these are a second line.
  ['I4', SETUPS.three, 'publishAsksHolder', 'publishAsksFence', 'publishAsksEpoch'],
  ['I4', SETUPS.rewoundClaimed, 'publishAsksHolder'],
  ['I7', SETUPS.purged, 'publishAsksGeneration'],
  ['I8', SETUPS.plain, 'claimAsksEntry'],
  ['I5', SETUPS.plain, 'claimAsksLease'],
  ['I8', SETUPS.wipedLoaded, 'claimAsksEpochOfHave'],
  ['I6', SETUPS.rewound, 'lossSeenBySeq'],
  ['I6', SETUPS.rewound, 'lossSeenByGeneration'],
  ['I6', SETUPS.rewound, 'lossSeenBySeq', 'lossSeenByGeneration', 'lossSeenByFence'],
  ['I2', DEEP.overtaken, 'putAsksKnown'],
  ['I8', SETUPS.byHand, 'putHasFence'],
  ['I2', SETUPS.plain, 'lowerSeqIgnored', 'lowerGenerationIgnored'],
  ['I2', SETUPS.rewound, 'lowerGenerationIgnored'],
  ['I2', SETUPS.wiped, 'earlierEpochIgnored'],
  ['I2', SETUPS.wiped, 'epochTakenFromMessage'],
  ['I6', SETUPS.wiped, 'knownResetByEpoch'],
  ['I2', SETUPS.wiped, 'markedByEpoch'],
  ['I2', SETUPS.plain, 'markedByGeneration'],
  ['I3', SETUPS.plain, 'takenByOrder'],
  ['I3', SETUPS.silent, 'aloneTakenByStart'],
  ['I1', SETUPS.plain, 'liftedByGeneration'],
  ['I2', SETUPS.plain, 'ownLiftedByGeneration'],
  ['I1', SETUPS.plain, 'untoldHoldsMark'],
  ['I1', SETUPS.silent, 'untoldKept'],
  ['I1', SETUPS.silent, 'markHoldsAgainstAlone'],
  ['I2', SETUPS.plain, 'refusedKeptStale'],
  ['I7', SETUPS.silentPurged, 'refusedDroppedAfterPurge'],
  ['I7', SETUPS.purged, 'purgeBarsLoads'],
  ['I7', SETUPS.purged, 'purgeBarsEntries'],
  ['I6', SETUPS.silent, 'rejectedCountsAsHad'],
  ['I2', SETUPS.plain, 'messageMarks'],
  ['I7', SETUPS.purged, 'messageIsHint'],
];

const cases = (
  all: typeof broken,
): { invariant: string; setup: Setup; left: Rule[]; rules: string }[] =>
  all.map(([invariant, setup, ...left]) => ({ invariant, setup, left, rules: left.join(', ') }));

const timeout = 300_000;

describe('each rule is needed', () => {
  test.each(cases(broken))(
    '$invariant breaks without $rules',
    { timeout },
    ({ invariant, setup, left }) => {
      const { found, states } = explore(setup, MOST, without(...left));
      expect(found.split('\n').at(-1), `${states} states`).toContain(`${invariant}:`);
    },
  );

  test.runIf(large >= 1_000_000)('I1 breaks without ignoredRaisesKnown', { timeout }, () => {
    const { found, states } = explore(DEEP.rewoundByHand, large, without('ignoredRaisesKnown'));
    expect(found.split('\n').at(-1), `${states} states`).toContain('I1:');
  });
});
