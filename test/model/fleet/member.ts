import type {
  Answer,
  Call,
  Entry,
  Grant,
  Known,
  Message,
  Operation,
  Shared,
  Value,
} from './record.ts';
import { NOTHING } from './record.ts';
import type { Rules } from './rules.ts';
import type { Draft, Held, Process } from './world.ts';

// What a process does with what it hears, by the rules of the engine.

export const send = (me: Process, operation: Operation): void => {
  me.calls = [...me.calls, { ...operation, known: me.known, era: me.era }];
};

/** What is on its way, be it there or back. */
export const isAwaiting = ({ calls, answers }: Process, kind: Operation['kind']): boolean =>
  calls.some((call) => call.kind === kind) || answers.some(({ call }) => call.kind === kind);

/** The value is out of date, and only what is surely later can mend that. */
export const mark = (me: Process): void => {
  me.fresh = false;
  if (me.alone) me.alone = { ...me.alone, marked: true };
};

const readOn = (me: Process): void => {
  if (!me.calls.some(({ kind }) => kind === 'read')) send(me, { kind: 'read' });
};

/** The value is gone, and so is what loads that have begun will bring. */
export const purge = (me: Process): void => {
  me.held = undefined;
  me.alone = undefined;
  const pending = [...me.calls, ...me.answers.map(({ call }) => call)];
  const loads = pending.map((call) => (call.kind === 'publish' ? call.grant.load : 0));
  me.barred = Math.max(me.barred, me.grant?.load ?? 0, ...loads);
};

export const hold = ({ world, me }: Draft, value: Held, fresh: boolean): void => {
  if (me.held && value.load < me.held.load) world.broken ||= 'I3: the value of a process goes back';
  me.held = value;
  me.fresh = fresh;
  if (!fresh || me.awaited === 0) return;
  if (value.data < me.awaited) world.broken ||= 'I1: an invalidation resolves with older data';
  me.awaited = 0;
};

export const tell = (me: Process, data: number): void => {
  if (me.untold === 0 || isAwaiting(me, 'invalidate')) return;
  send(me, { kind: 'invalidate', nth: me.untold, data, purge: me.untoldPurge });
};

/** Whether a value of this fence, in this epoch, is to replace what the process has. */
const isNewer = (
  held: Held | undefined,
  epoch: number,
  fence: number,
  { load }: Value,
  rules: Rules,
): boolean => {
  if (!held) return true;
  if (held.epoch === epoch) return rules.takenByOrder ? fence > held.fence : fence !== held.fence;
  return !rules.aloneTakenByStart || load > held.load;
};

const consider = (draft: Draft, record: Shared, entry: Entry, rules: Rules): void => {
  const { me } = draft;
  const { epoch } = record;
  const { fence, value } = entry;
  if (me.seen.epoch !== epoch || fence > me.seen.fence) me.seen = { epoch, fence };
  if (!isNewer(me.held, epoch, fence, value, rules)) return;
  const isCurrent = !rules.liftedByGeneration || entry.generation === record.generation;
  const isTold = !rules.untoldHoldsMark || me.untold === 0;
  hold(draft, { ...value, epoch, fence }, isCurrent && isTold);
};

const meet = (me: Process, { epoch }: Shared, rules: Rules): void => {
  if (me.known.epoch === epoch) return;
  const isFirst = me.known.epoch === 0;
  me.era += 1;
  if (rules.knownResetByEpoch) me.known = { ...NOTHING, epoch };
  else me.known = { ...me.known, epoch };
  if (isFirst && !me.held) return;
  // Invalidations of the epoch that was lost may have been missed.
  if (rules.markedByEpoch) mark(me);
};

/** Whether the record is from before what is known already. */
const isOutdated = ({ known, era }: Process, { call, record }: Answer, rules: Rules): boolean => {
  // The epoch that is known was learnt since the call was made: it may have been answered before that began.
  if (record.epoch !== known.epoch) return rules.earlierEpochIgnored && call.era !== era;
  return (
    (rules.lowerSeqIgnored && record.seq < known.seq) ||
    (rules.lowerGenerationIgnored && record.generation < known.generation)
  );
};

const raise = (me: Process, { seq, generation, fence }: Known): void => {
  const { known } = me;
  me.known = {
    epoch: known.epoch,
    seq: Math.max(seq, known.seq),
    generation: Math.max(generation, known.generation),
    fence: Math.max(fence, known.fence),
  };
};

const raiseMarking = (me: Process, told: Known): void => {
  if (told.generation > me.known.generation) mark(me);
  raise(me, told);
};

/** Brings what the process has in line with the record, unless something newer is known of it. */
const adopt = (draft: Draft, answer: Answer, rules: Rules): void => {
  const { me } = draft;
  const { record } = answer;
  if (isOutdated(me, answer, rules)) {
    if (record.epoch === me.known.epoch && rules.ignoredRaisesKnown) raiseMarking(me, record);
    readOn(me);
    return;
  }
  meet(me, record, rules);
  const { generation } = me.known;
  if (record.generation > generation && rules.markedByGeneration) {
    mark(me);
    // Within an epoch an entry goes but by a purge.
    if (!record.entry && me.seen.epoch === record.epoch) purge(me);
  }
  raise(me, record);
  me.floor = Math.max(me.floor, record.told);
  // Of a purge that made the epoch the message alone tells.
  if (me.seen.epoch === record.epoch) me.purgeFloor = Math.max(me.purgeFloor, record.purged);
  // Until the server has carried out a purge, what stands there is what was purged.
  if (rules.purgeBarsEntries && me.untoldPurge) return;
  if (!record.entry) return;
  consider(draft, record, record.entry, rules);
  // A replica that took over gives fences anew: with the next one the fleet is of one mind again.
  if (me.held && me.held.load < record.entry.value.load && !draft.world.rewound)
    draft.world.broken ||= 'I8: leaves a newer value where it is';
};

/** What a load of its own has brought, where the server let it in or may have. */
const keepOwn = (
  draft: Draft,
  { epoch, fence, generation, load }: Grant,
  data: number,
  rules: Rules,
): void => {
  const { me } = draft;
  if (rules.purgeBarsLoads && load <= me.barred) return;
  if (me.held && me.held.load >= load) return;
  const isCurrent = me.known.epoch === epoch && generation >= me.known.generation;
  const isTold = !rules.untoldHoldsMark || me.untold === 0;
  hold(draft, { load, data, epoch, fence }, (isCurrent || !rules.ownLiftedByGeneration) && isTold);
};

const keepRefused = (
  draft: Draft,
  record: Shared,
  { grant, data }: Extract<Call, { kind: 'publish' }>,
  rules: Rules,
): void => {
  const { me } = draft;
  const { entry } = record;
  if (record.epoch !== grant.epoch || record.generation === grant.generation) return;
  if (rules.purgeBarsLoads && grant.load <= me.barred) return;
  if (me.held && me.held.load >= grant.load) return;
  if (entry ? entry.fence > grant.fence : rules.refusedDroppedAfterPurge) return;
  const { load, epoch, fence } = grant;
  hold(draft, { load, data, epoch, fence }, !rules.refusedKeptStale);
};

export const answered = (draft: Draft, answer: Answer, rules: Rules): void => {
  const { me } = draft;
  const { call, record, granted, accepted } = answer;
  if (call.kind === 'invalidate' && call.nth === me.untold) {
    me.untold = 0;
    me.untoldPurge = false;
  }
  if (granted) me.grant = granted;
  if (call.kind === 'publish' && accepted) keepOwn(draft, call.grant, call.data, rules);
  adopt(draft, answer, rules);
  if (call.kind === 'publish' && !accepted) keepRefused(draft, record, call, rules);
  tell(me, draft.world.data);
};

/** The server doesn't answer: whether it has done what it was asked for isn't known. */
export const gaveUp = (draft: Draft, rules: Rules): void => {
  const { world, me } = draft;
  const pending = [...me.calls, ...me.answers.map(({ call }) => call)];
  me.ghosts = [...me.ghosts, ...me.calls];
  me.calls = [];
  me.answers = [];
  if (!rules.untoldKept) me.untold = 0;
  for (const call of pending)
    if (call.kind === 'publish') keepOwn(draft, call.grant, call.data, rules);
  const isNeeded = pending.some(({ kind }) => kind === 'claim') || (me.awaited > 0 && !me.fresh);
  if (!isNeeded || me.grant || me.alone) return;
  world.loads += 1;
  me.alone = { load: world.loads, data: 0, marked: false };
};

/** A load that began without the server has ended. */
export const loadedAlone = (draft: Draft, rules: Rules): void => {
  const { me } = draft;
  if (!me.alone) return;
  const { load, data, marked } = me.alone;
  me.alone = undefined;
  if (me.held && me.held.load >= load) return;
  hold(draft, { load, data, epoch: 0, fence: 0 }, !marked || !rules.markHoldsAgainstAlone);
};

const isNews = ({ epoch, seq, generation }: Message, { known }: Process): boolean =>
  epoch !== known.epoch || seq > known.seq || generation > known.generation;

export const heard = (draft: Draft, message: Message, rules: Rules): void => {
  const { me } = draft;
  if (!isNews(message, me)) return;
  const isInvalidation = message.act === 'invalidate' || message.act === 'purge';
  const isSame = message.epoch === me.known.epoch;
  if (isSame ? message.generation > me.known.generation : isInvalidation) {
    if (rules.messageMarks) mark(me);
    me.floor = Math.max(me.floor, message.told);
    me.purgeFloor = Math.max(me.purgeFloor, message.purged);
    if (message.act === 'purge') purge(me);
  }
  if (!rules.messageIsHint && message.entry)
    consider(
      draft,
      { ...message, lease: 0, rest: false, holder: 0, entryGeneration: 0 },
      message.entry,
      rules,
    );
  const { epoch, seq, generation, fence } = message;
  if (isSame) {
    raise(me, message);
  } else if (isInvalidation && rules.epochTakenFromMessage) {
    me.known = { epoch, seq, generation, fence };
    me.era += 1;
  }
  if (message.act !== 'release' || !isSame) readOn(me);
};
