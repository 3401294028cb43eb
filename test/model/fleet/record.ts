import type { Rules } from './rules.ts';

// The server: each operation of the store as one atomic step. Ages are replaced by the order in which loads start.

export interface Known {
  readonly epoch: number;
  readonly seq: number;
  readonly generation: number;
  readonly fence: number;
}

export const NOTHING: Known = { epoch: 0, seq: 0, generation: 0, fence: 0 };

export interface Value {
  /** When its load started, as its place among all loads. Stands for who it is as well. */
  readonly load: number;
  /** The version of the database's data that it shows. */
  readonly data: number;
}

export interface Entry {
  readonly fence: number;
  readonly generation: number;
  readonly value: Value;
}

export interface Shared extends Known {
  /** Whose the lease is, by their load; 0: nobody's. */
  readonly lease: number;
  /** Whether the lease is but the rest after a load that failed. */
  readonly rest: boolean;
  /** Who got the last fence. */
  readonly holder: number;
  readonly entry: Entry | undefined;
  /** Of the entry that stands or, purged, stood last. */
  readonly entryGeneration: number;
  /** For the invariants: whoever hears of this record has heard of the invalidations up to this data. */
  readonly told: number;
  /** The same, of purges. */
  readonly purged: number;
}

export interface Grant {
  readonly epoch: number;
  readonly generation: number;
  readonly fence: number;
  readonly load: number;
}

export type Operation =
  | { readonly kind: 'read' }
  | { readonly kind: 'claim'; readonly have: number; readonly force: boolean }
  | { readonly kind: 'publish'; readonly grant: Grant; readonly data: number }
  | { readonly kind: 'release'; readonly grant: Grant }
  | {
      readonly kind: 'invalidate';
      readonly nth: number;
      readonly data: number;
      readonly purge: boolean;
    }
  | { readonly kind: 'put'; readonly data: number };

/** `era`: how often another epoch had been met as the call was made. */
export type Call = Operation & { readonly known: Known; readonly era: number };

export interface Answer {
  readonly call: Call;
  readonly record: Shared;
  readonly granted: Grant | undefined;
  readonly accepted: boolean;
}

export interface Message extends Known {
  readonly act: 'invalidate' | 'publish' | 'purge' | 'release';
  readonly entry: Entry | undefined;
  readonly told: number;
  readonly purged: number;
}

/** What the next record or load is called, and how far invalidations have got with records that are lost. */
export interface Names {
  readonly epoch: number;
  readonly load: number;
  readonly told: number;
}

const isLost = (record: Shared, known: Known, rules: Rules): boolean =>
  record.epoch === known.epoch &&
  ((rules.lossSeenBySeq && known.seq > record.seq) ||
    (rules.lossSeenByFence && known.fence > record.fence) ||
    (rules.lossSeenByGeneration && known.generation > record.generation));

const begun = (
  record: Shared | undefined,
  { epoch, told }: Names,
  known: Known,
  rules: Rules,
): Shared =>
  record && !isLost(record, known, rules)
    ? record
    : {
        ...{ epoch, seq: 0, generation: 0, fence: 0, lease: 0, rest: false, holder: 0 },
        ...{ entry: undefined, entryGeneration: 0, told, purged: 0 },
      };

const maybeGranted = (
  record: Shared,
  { have, force, known }: Extract<Call, { kind: 'claim' }>,
  load: number,
  rules: Rules,
): Grant | undefined => {
  const had = known.epoch === record.epoch || !rules.claimAsksEpochOfHave ? have : 0;
  if (rules.claimAsksEntry && record.entry && record.entry.fence > had) return undefined;
  const isTaken = record.lease !== 0 && !(force && record.rest);
  if (rules.claimAsksLease && isTaken) return undefined;
  const { epoch, generation } = record;
  return { epoch, generation, fence: record.fence + 1, load };
};

const accepts = (record: Shared, grant: Grant, rules: Rules): boolean =>
  (!rules.publishAsksEpoch || record.epoch === grant.epoch) &&
  (!rules.publishAsksGeneration || record.generation === grant.generation) &&
  (!rules.publishAsksFence || record.fence === grant.fence) &&
  (!rules.publishAsksHolder || record.holder === grant.load);

const published = (record: Shared, entry: Entry): Shared => ({
  ...record,
  seq: record.seq + 1,
  entry,
  entryGeneration: entry.generation,
});

/** Whether nobody was let in, and nothing invalidated, unknown to who has set a value by hand. */
const isNext = (record: Shared, { epoch, generation, fence }: Known, rules: Rules): boolean =>
  !rules.putAsksKnown ||
  ((epoch === 0 || epoch === record.epoch) &&
    generation === record.generation &&
    fence === record.fence);

interface Done {
  readonly record: Shared;
  readonly act?: Message['act'];
  readonly granted?: Grant;
  readonly accepted?: boolean;
}

const done = (record: Shared, call: Call, names: Names, rules: Rules): Done => {
  switch (call.kind) {
    case 'read':
      return { record };
    case 'claim': {
      const granted = maybeGranted(record, call, names.load, rules);
      if (!granted) return { record };
      const { fence, load } = granted;
      return { record: { ...record, fence, lease: load, rest: false, holder: load }, granted };
    }
    case 'publish': {
      const { grant, data } = call;
      const ended = record.lease === grant.load ? { ...record, lease: 0, rest: false } : record;
      if (!accepts(ended, grant, rules)) return { record: ended };
      const { fence, generation, load } = grant;
      const next = published(ended, { fence, generation, value: { load, data } });
      return { record: next, act: 'publish', accepted: true };
    }
    case 'release':
      if (record.lease !== call.grant.load) return { record };
      return { record: { ...record, seq: record.seq + 1, rest: true }, act: 'release' };
    case 'invalidate': {
      const next = {
        ...record,
        lease: 0,
        rest: false,
        seq: record.seq + 1,
        generation: record.generation + 1,
        told: Math.max(record.told, call.data),
      };
      if (!call.purge) return { record: next, act: 'invalidate' };
      return { record: { ...next, entry: undefined, purged: next.told }, act: 'purge' };
    }
    case 'put': {
      if (!isNext(record, call.known, rules)) {
        const { known, era, data } = call;
        const instead = { kind: 'invalidate', known, era, data, nth: 0, purge: false } as const;
        return done(record, instead, names, rules);
      }
      const fence = record.fence + (rules.putHasFence ? 1 : 0);
      // What was out of date is still.
      const generation = record.entryGeneration;
      const ended = { ...record, fence, lease: 0, rest: false, holder: 0 };
      const value = { load: names.load, data: call.data };
      return { record: published(ended, { fence, generation, value }), act: 'publish' };
    }
  }
};

export interface Effect {
  readonly answer: Answer;
  readonly message: Message | undefined;
}

export const execute = (
  before: Shared | undefined,
  call: Call,
  names: Names,
  rules: Rules,
): Effect => {
  const {
    record,
    act,
    granted,
    accepted = false,
  } = done(begun(before, names, call.known, rules), call, names, rules);
  const { epoch, seq, generation, fence, entry, told, purged } = record;
  return {
    answer: { call, record, granted, accepted },
    message: act && { epoch, seq, generation, fence, act, entry, told, purged },
  };
};
