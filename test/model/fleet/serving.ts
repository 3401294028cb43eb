import { type Call, execute, type Message, type Shared } from './record.ts';
import type { Rules } from './rules.ts';
import type { Draft, Process, World } from './world.ts';

// The server's part in a step: what a call does to the world, and whether that was right.

/** How many states of the past a server that takes over may be behind. */
const BEHIND = 2;

export const describe = (call: Call): string => {
  if (call.kind === 'publish') return `publish v${call.data} (fence ${call.grant.fence})`;
  if (call.kind === 'claim') return `claim (have ${call.have})`;
  return call.kind === 'invalidate' && call.purge ? 'purge' : call.kind;
};

const standing = (record: Shared): string => {
  const { epoch, seq, generation, fence, lease, entry } = record;
  const value = entry ? `v${entry.value.data} of generation ${entry.generation}` : 'no value';
  return `epoch ${epoch} seq ${seq} generation ${generation} fence ${fence}${lease ? ' leased' : ''}, ${value}`;
};

/** The server carries out a call. */
export const carryOut = (
  { world, me }: Draft,
  call: Call,
  rules: Rules,
  isGhost: boolean,
): string => {
  const before = world.record;
  const { told } = world;
  const next = { epoch: world.epochs + 1, load: world.loads + 1, told };
  const { answer, message } = execute(before, call, next, rules);
  const { record } = answer;
  if (world.budget.rewinds > 0 && record !== before)
    world.replicas = [before, ...world.replicas].slice(0, BEHIND);
  if (before?.epoch !== record.epoch) world.epochs += 1;
  if (answer.granted || call.kind === 'put') world.loads += 1;
  if (call.kind === 'invalidate') world.told = Math.max(told, call.data);
  if (answer.granted) checkGrant(world, call, record);
  else if (before?.lease && record.lease !== before.lease) world.lapses += 1;
  checkEntry(world, before, record);
  if (!isGhost) me.answers = [...me.answers, answer];
  world.record = record;
  if (message) sendAll(world, me, message);
  return `${answer.granted ? 'granted' : answer.accepted ? 'accepted' : 'done'}: ${standing(record)}`;
};

const checkEntry = (world: World, before: Shared | undefined, { epoch, entry }: Shared): void => {
  const old = before?.epoch === epoch ? before.entry : undefined;
  if (old && entry && entry.value.load < old.value.load)
    world.broken ||= 'I4: an older load overwrites a newer one';
};

const checkGrant = (world: World, call: Call, { epoch, entry }: Shared): void => {
  const had = call.kind === 'claim' && call.known.epoch === epoch ? call.have : 0;
  if (entry && entry.fence > had) world.broken ||= 'I8: a process is to load what it could take';
};

const sendAll = (world: World, sender: Process, message: Message): void => {
  world.processes = world.processes.map((each) =>
    each === sender ? each : { ...each, heard: [...each.heard, message] },
  );
};
