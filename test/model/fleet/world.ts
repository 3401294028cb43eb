import type { Shared } from './record.ts';
import { type Answer, type Call, type Grant, type Known, type Message, NOTHING } from './record.ts';

/** A value as a process has it. `fence` and `epoch` are 0 where it was loaded alone or set by hand. */
export interface Held {
  readonly load: number;
  readonly data: number;
  readonly epoch: number;
  readonly fence: number;
}

/** A load that a process began without the server. */
interface Alone {
  readonly load: number;
  /** What it has read; 0: it hasn't yet. */
  readonly data: number;
  /** Whether the value was put out of date since it began. */
  readonly marked: boolean;
}

/** What a process knows and does. Its arrays are never changed, only replaced. */
export interface Process {
  held: Held | undefined;
  fresh: boolean;
  known: Known;
  /** How often it has met another epoch. */
  era: number;
  /** The largest fence of an entry that was considered, taken or not, and its epoch. */
  seen: { readonly epoch: number; readonly fence: number };
  /** The load that it was let in with. */
  grant: Grant | undefined;
  alone: Alone | undefined;
  /** Its loads up to this one were begun before a purge that it knows of. */
  barred: number;
  /** Which invalidation of its own the server may not have heard of; 0: none. */
  untold: number;
  untoldPurge: boolean;
  /** The data at the last call of `invalidate` that is still awaited; 0: none. */
  awaited: number;
  /** For the invariants: what it may not serve as fresh if it is older, and not at all. */
  floor: number;
  purgeFloor: number;
  /** Calls on their way, answers on their way back, calls that nobody waits for any more, messages on their way. */
  calls: readonly Call[];
  answers: readonly Answer[];
  ghosts: readonly Call[];
  heard: readonly Message[];
}

/** How often something may still happen. */
export interface Budget {
  readonly claims: number;
  readonly invalidations: number;
  readonly purges: number;
  readonly puts: number;
  readonly losses: number;
  readonly timeouts: number;
  readonly failures: number;
  readonly expiries: number;
  readonly wipes: number;
  readonly rewinds: number;
}

export interface World {
  /** The version of the database's data. */
  data: number;
  record: Shared | undefined;
  /** What a server that takes over may have instead of `record`. */
  replicas: readonly (Shared | undefined)[];
  epochs: number;
  loads: number;
  nth: number;
  /** The data at the last invalidation that a server has carried out. */
  told: number;
  /** How often a lease has fallen while its load may go on. */
  lapses: number;
  rewound: boolean;
  budget: Budget;
  processes: readonly Process[];
  /** What went wrong. */
  broken: string;
}

const idle: Process = {
  ...{ held: undefined, fresh: false, known: NOTHING, era: 0, seen: { epoch: 0, fence: 0 } },
  ...{ grant: undefined, alone: undefined, barred: 0, untold: 0, untoldPurge: false, awaited: 0 },
  ...{ floor: 0, purgeFloor: 0, calls: [], answers: [], ghosts: [], heard: [] },
};

/** A fleet that has loaded once: the first process has let all the others have its value. */
export const warm = (size: number, budget: Budget): World => {
  const value = { load: 1, data: 1 };
  const known = { epoch: 1, seq: 1, generation: 0, fence: 1 };
  const member: Process = {
    ...idle,
    held: { ...value, epoch: 1, fence: 1 },
    fresh: true,
    known,
    seen: { epoch: 1, fence: 1 },
  };
  return {
    data: 1,
    record: {
      ...known,
      ...{ lease: 0, rest: false, holder: 1, told: 0, purged: 0 },
      entry: { fence: 1, generation: 0, value },
      entryGeneration: 0,
    },
    ...{
      replicas: [],
      epochs: 1,
      loads: 1,
      nth: 0,
      told: 0,
      lapses: 0,
      rewound: false,
      budget,
      broken: '',
    },
    processes: Array.from({ length: size }, () => member),
  };
};

export interface Draft {
  readonly world: World;
  readonly me: Process;
}

/** A copy of the world in which one process may be changed. */
export const draft = (before: World, index: number): Draft => {
  const me = { ...(before.processes[index] as Process) };
  return { world: { ...before, processes: before.processes.with(index, me) }, me };
};

export const spent = (world: World, what: keyof Budget): void => {
  world.budget = { ...world.budget, [what]: world.budget[what] - 1 };
};

const keys = new WeakMap<object, number>();
const ids = new Map<string, number>();

/** The same number for equal parts: parts are mostly shared between states, so each is written out but once. */
const idOf = (part: object): number => {
  const known = keys.get(part);
  if (known !== undefined) return known;
  const text = JSON.stringify(part);
  const id = ids.get(text) ?? ids.size + 1;
  ids.set(text, id);
  keys.set(part, id);
  return id;
};

/** The same for states that differ but in which process is which. */
export const keyOf = ({ processes, ...rest }: World): string => {
  const each = processes.map(idOf).sort((a, b) => a - b);
  const { record, replicas, budget, broken, ...numbers } = rest;
  const parts = [record ?? NOTHING, replicas, budget].map(idOf);
  return `${parts}|${Object.values(numbers)}|${each}|${broken}`;
};
