import {
  answered,
  purge as forget,
  gaveUp,
  heard,
  hold,
  isAwaiting,
  loadedAlone,
  mark,
  send,
  tell,
} from './member.ts';
import type { Rules } from './rules.ts';
import type { Step } from './search.ts';
import { carryOut, describe } from './serving.ts';
import { type Budget, type Draft, draft, type Process, spent, type World } from './world.ts';

// What may happen next. A process that is paused, and a message that is late, are steps that don't happen for a while.

export interface Course {
  readonly rules: Rules;
  /** Whether the calls of one process, or their answers, may overtake each other: it has several connections. */
  readonly unordered: boolean;
}

type Name = (what: string) => string;
const names = 'ABC';

const isFree = (me: Process): boolean =>
  !me.grant && !me.alone && !isAwaiting(me, 'claim') && !isAwaiting(me, 'publish');

export const claim = ({ world, me }: Draft, rules: Rules, force: boolean): void => {
  tell(me, world.data);
  const { epoch } = me.known;
  const had = me.held?.epoch === epoch ? me.held.fence : 0;
  const seen = rules.rejectedCountsAsHad && me.seen.epoch === epoch ? me.seen.fence : 0;
  send(me, { kind: 'claim', have: Math.max(had, seen), force });
};

export function* progress(
  before: World,
  index: number,
  { rules, unordered }: Course,
  name: Name,
): Generator<Step<World>> {
  const now = before.processes[index] as Process;
  for (const [at, call] of now.calls.entries()) {
    if (at > 0 && !unordered) break;
    const next = draft(before, index);
    next.me.calls = now.calls.toSpliced(at, 1);
    const what = carryOut(next, call, rules, false);
    yield [name(`${describe(call)}, ${what}`), next.world];
  }
  for (const [at, call] of now.ghosts.entries()) {
    const next = draft(before, index);
    next.me.ghosts = now.ghosts.toSpliced(at, 1);
    const what = carryOut(next, call, rules, true);
    yield [name(`${describe(call)}, given up long ago, ${what}`), next.world];
  }
  for (const [at, answer] of now.answers.entries()) {
    if (at > 0 && !unordered) break;
    const next = draft(before, index);
    next.me.answers = now.answers.toSpliced(at, 1);
    answered(next, answer, rules);
    yield [name(`hears the answer to ${describe(answer.call)}${fate(next.me)}`), next.world];
  }
  const message = now.heard[0];
  if (message) {
    const next = draft(before, index);
    next.me.heard = now.heard.slice(1);
    heard(next, message, rules);
    yield [
      name(`hears the message ${message.act} (seq ${message.seq})${fate(next.me)}`),
      next.world,
    ];
  }
  if (now.grant) {
    const next = draft(before, index);
    const { grant } = now;
    next.me.grant = undefined;
    send(next.me, { kind: 'publish', grant, data: before.data });
    yield [name(`its load (fence ${grant.fence}) reads v${before.data}`), next.world];
  }
  if (now.alone) {
    const next = draft(before, index);
    if (now.alone.data > 0) loadedAlone(next, rules);
    else next.me.alone = { ...now.alone, data: before.data };
    const what = now.alone.data > 0 ? 'ends' : `reads v${before.data}`;
    yield [name(`its load alone ${what}${fate(next.me)}`), next.world];
  }
}

const fate = ({ held, fresh }: Process): string =>
  held ? `: has v${held.data}, ${fresh ? 'fresh' : 'stale'}` : ': has nothing';

function* acts(
  before: World,
  index: number,
  { rules }: Course,
  name: Name,
): Generator<Step<World>> {
  const now = before.processes[index] as Process;
  const spend = (what: keyof Budget): Draft | undefined => {
    if (before.budget[what] <= 0) return undefined;
    const next = draft(before, index);
    spent(next.world, what);
    return next;
  };
  const claiming = isFree(now) ? spend('claims') : undefined;
  if (claiming) {
    claim(claiming, rules, now.awaited > 0);
    yield [name('claims'), claiming.world];
  }
  for (const purge of [false, true]) {
    const next = spend(purge ? 'purges' : 'invalidations');
    if (!next) continue;
    const { world, me } = next;
    world.data += 1;
    mark(me);
    if (purge) {
      forget(me);
      me.purgeFloor = world.data;
    }
    world.nth += 1;
    me.untold = world.nth;
    me.untoldPurge ||= purge;
    me.awaited = world.data;
    me.floor = world.data;
    tell(me, world.data);
    yield [name(`v${world.data} is written, and ${purge ? 'purged' : 'invalidated'}`), world];
  }
  const putting = spend('puts');
  if (putting) {
    const { world, me } = putting;
    world.loads += 1;
    hold(putting, { load: world.loads, data: world.data, epoch: 0, fence: 0 }, me.fresh);
    send(me, { kind: 'put', data: world.data });
    yield [name(`v${world.data} is set by hand`), world];
  }
  const waits = now.calls.length + now.answers.length > 0;
  const timing = waits ? spend('timeouts') : undefined;
  if (timing) {
    gaveUp(timing, rules);
    yield [name('gets no answer, and goes alone'), timing.world];
  }
  const failing = now.grant ? spend('failures') : undefined;
  if (failing && now.grant) {
    failing.me.grant = undefined;
    send(failing.me, { kind: 'release', grant: now.grant });
    yield [name('its load fails'), failing.world];
  }
  const losing = now.heard.length > 0 ? spend('losses') : undefined;
  if (losing) {
    losing.me.heard = now.heard.slice(1);
    yield [name(`misses the message ${now.heard[0]?.act}`), losing.world];
  }
  if (now.ghosts.length > 0) {
    const next = draft(before, index);
    next.me.ghosts = now.ghosts.slice(1);
    yield [name('a call given up never arrives'), next.world];
  }
}

function* onServer(before: World): Generator<Step<World>> {
  const { record, budget, replicas } = before;
  const after = (what: keyof Budget, changed: Partial<World>): World => {
    const world = { ...before, ...changed, lapses: before.lapses + 1 };
    spent(world, what);
    return world;
  };
  if (record?.lease && budget.expiries > 0)
    yield ['the lease falls', after('expiries', { record: { ...record, lease: 0, rest: false } })];
  if (record && budget.wipes > 0)
    yield ['the server forgets everything', after('wipes', { record: undefined })];
  for (const [index, replica] of budget.rewinds > 0 ? replicas.entries() : []) {
    const world = after('rewinds', { record: replica, rewound: true });
    world.replicas = world.budget.rewinds > 0 ? replicas.slice(index + 1) : [];
    yield [`a replica takes over that is ${index + 1} behind`, world];
  }
}

export function* stepsOf(world: World, course: Course): Generator<Step<World>> {
  for (const index of world.processes.keys()) {
    const name: Name = (what) => `${names[index]} ${what}`;
    yield* progress(world, index, course, name);
    yield* acts(world, index, course, name);
  }
  yield* onServer(world);
}
