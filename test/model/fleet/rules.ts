/** What the protocol rests on. Each may be left out, to see which invariant it protects. */
export const RULES = {
  // Of the server.
  publishAsksEpoch: true,
  publishAsksGeneration: true,
  publishAsksFence: true,
  publishAsksHolder: true,
  claimAsksEntry: true,
  claimAsksLease: true,
  claimAsksEpochOfHave: true,
  lossSeenBySeq: true,
  lossSeenByFence: true,
  lossSeenByGeneration: true,
  putAsksKnown: true,
  putHasFence: true,
  // Of a process.
  lowerSeqIgnored: true,
  lowerGenerationIgnored: true,
  ignoredRaisesKnown: true,
  earlierEpochIgnored: true,
  epochTakenFromMessage: true,
  knownResetByEpoch: true,
  markedByEpoch: true,
  markedByGeneration: true,
  takenByOrder: true,
  aloneTakenByStart: true,
  liftedByGeneration: true,
  ownLiftedByGeneration: true,
  untoldHoldsMark: true,
  untoldKept: true,
  markHoldsAgainstAlone: true,
  refusedKeptStale: true,
  refusedDroppedAfterPurge: true,
  purgeBarsLoads: true,
  purgeBarsEntries: true,
  rejectedCountsAsHad: true,
  messageMarks: true,
  messageIsHint: true,
};

export type Rule = keyof typeof RULES;
export type Rules = Readonly<typeof RULES>;

/** All rules but these. */
export const without = (...left: readonly Rule[]): Rules => ({
  ...RULES,
  ...Object.fromEntries(left.map((rule) => [rule, false])),
});
