import { setTimeout as delay, setImmediate as turn } from 'node:timers/promises';
import { AbortError, type LoadContext, type NotModified } from 'warm-cache';
import type { Random } from './random.ts';

/** The order in which values came to be. */
export interface Value {
  readonly order: number;
}

type Answer = NotModified | Promise<NotModified | Value> | Value;
type Play = (source: Source, value: Value, context: LoadContext<Value>) => Answer;

/** What throws whatever is asked of it. */
const hostile = new Proxy(() => {}, {
  get() {
    throw new Error('a hostile getter');
  },
  getPrototypeOf() {
    throw new Error('a hostile prototype');
  },
});

const ODD: readonly unknown[] = [
  'a string',
  '',
  0,
  undefined,
  null,
  Symbol('odd'),
  hostile,
  new TypeError('a type error'),
  new DOMException('aborted', 'AbortError'),
  new AbortError('no retry'),
];

const throwing: Play = (source) => {
  throw source.random.pick(ODD);
};
const rejecting: Play = async (source) => {
  if (source.random.chance(0.5)) await turn();
  throw source.random.pick(ODD);
};
const never: Play = (source) => {
  source.hung += 1;
  return new Promise(() => {});
};
const untilAborted: Play = (_, __, { signal }) =>
  new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
const late: Play = async (source, value) => {
  source.late += 1;
  await delay(2 * source.loadTimeout);
  source.late -= 1;
  if (source.random.chance(0.5)) throw source.random.pick(ODD);
  return value;
};
/** A thenable that says two things, and then throws. */
const fickle: Play = (source, value) => {
  const then = (resolve: (value: Value) => void, reject: (error: unknown) => void): void => {
    if (source.random.chance(0.5)) resolve(value);
    reject('second thoughts');
    throw new Error('third thoughts');
  };
  return { then } as unknown as Promise<Value>;
};

/** How often what happens, among so many. */
const PLAYS: readonly (readonly [weight: number, Play])[] = [
  [400, (_, value) => value],
  [300, async (_, value) => value],
  [150, async (_, value) => turn(value)],
  [40, async (source, value) => delay(source.random.from(1, 2), value)],
  [40, (_, __, { notModified }) => notModified],
  [25, throwing],
  [25, rejecting],
  [10, fickle],
  [3, never],
  [3, untilAborted],
  [4, late],
];
const PLAY_BAG: readonly Play[] = PLAYS.flatMap(([weight, play]) =>
  Array.from({ length: weight }, () => play),
);

/** Where the values come from: a loader and a validator that do all that such functions can do, and count. */
export class Source {
  readonly random: Random;
  readonly loadTimeout: number;
  /** How many values there have been. */
  order = 0;
  /** Loads of which the loader was told. */
  loads = 0;
  /** Loads of which the validator was told. */
  validations = 0;
  /** The highest number of an attempt. */
  attempts = 0;
  /** Promises that were given out and never settle; and those that will settle, after their deadline. */
  hung = 0;
  late = 0;
  #token = 0;

  constructor(random: Random, loadTimeout: number) {
    this.random = random;
    this.loadTimeout = loadTimeout;
  }

  readonly loader = (context: LoadContext<Value>): Answer => {
    if (context.attempt === 1) this.loads += 1;
    this.attempts = Math.max(this.attempts, context.attempt);
    this.order += 1;
    return this.random.pick(PLAY_BAG)(this, { order: this.order }, context);
  };

  readonly validator = (): number | Promise<number> => {
    const { random } = this;
    this.validations += 1;
    if (random.chance(0.5)) this.#token += 1;
    if (random.chance(0.02)) throw random.pick(ODD);
    if (random.chance(0.001)) {
      this.hung += 1;
      return new Promise(() => {});
    }
    return random.chance(0.5) ? this.#token : Promise.resolve(this.#token);
  };

  readonly accept = (): boolean => {
    if (this.random.chance(0.01)) throw this.random.pick(ODD);
    return this.random.chance(0.97);
  };
}
