import {
  AbortError,
  type LoadContext,
  LoadTimeoutError,
  type NotModified,
  StoppedError,
} from 'warm-cache';
import type { Answer, Load } from './model.ts';
import type { Course, Gives, Setup } from './scenario.ts';
import { hostile } from './words.ts';
import type { Scenario, World } from './world.ts';

/** A call of loader or validator that has not settled. */
interface OpenCall {
  readonly load: Load | undefined;
  readonly settle: (gives: Gives) => void;
}

/** The loader, and whatever else of the user's the cache calls: does as the scenario says, and tells the model. */
export class Functions {
  readonly open: OpenCall[] = [];
  /** Timers of the loader's own. */
  timers = 0;
  /** Attempts that failed and must be tried again. */
  retries = 0;
  readonly #world: World;
  readonly #setup: Setup;
  readonly #courses: Course[];
  readonly #thereafter: Course;
  readonly #signals: WeakSet<AbortSignal> = new WeakSet();
  /** A signal that no loader looks at need not be made. */
  readonly #looksAtSignal: boolean;
  #values = 0;
  #validations: number;
  #intervals: number;

  constructor(world: World, { setup, courses, thereafter, luck }: Scenario) {
    this.#world = world;
    this.#setup = setup;
    this.#courses = [...courses];
    this.#thereafter = thereafter;
    this.#validations = luck % 100;
    this.#intervals = luck % 100;
    this.#looksAtSignal = luck % 4 > 0;
  }

  load(context: LoadContext<unknown>): unknown {
    this.#world.see();
    const { model } = this.#world;
    const { attempt, previous, reason } = context;
    this.#world.timeline.add('cache', () => `calls the loader, attempt ${attempt}`);
    const load = model.loaderCalled(this.#world.at, attempt, this.#setup.validator !== undefined);
    this.#world.expect(reason === load?.reason, `the loader is given the reason ${reason}`);
    this.#world.expectSame('previous', previous, load?.previous);
    this.#world.expect(
      this.open.every(({ load }) => load?.outcome !== undefined),
      'two loads at a time',
    );
    if (this.#looksAtSignal) this.#watchSignal(context, load);
    const course = this.#courses.shift() ?? this.#thereafter;
    const answered = Promise.withResolvers<unknown>();
    let isOpen = true;
    const settle = (gives: Gives): void => {
      if (!isOpen) return;
      isOpen = false;
      const at = this.open.indexOf(call);
      if (at >= 0) this.open.splice(at, 1);
      this.#world.see();
      const [answer, give] = this.#give(gives, context);
      this.#world.timeline.add('user', () => `answers load ${load?.seq}: ${gives}`);
      if (load) {
        model.loaderAnswered(this.#world.at, load, answer);
        if (!load.outcome && !load.verdict) this.retries += 1;
      }
      answered.resolve((async () => give())());
      if (course.when === 'at once') atOnce = give;
    };
    let atOnce: (() => unknown) | undefined;
    const call: OpenCall = { load, settle };
    this.open.push(call);
    this.#world.visit('loader');
    if (course.when === 'at once') {
      settle(course.gives);
      answered.promise.catch(() => {});
      if (atOnce) return atOnce();
    }
    if (course.when === 'within the turn') void this.#afterTicks(course, settle);
    if (course.when === 'after a time') {
      this.timers += 1;
      setTimeout(() => {
        this.timers -= 1;
        settle(course.gives);
      }, course.delay);
    }
    return answered.promise;
  }

  async #afterTicks({ delay, gives }: Course, settle: (gives: Gives) => void): Promise<void> {
    await ticks(delay);
    settle(gives);
  }

  #watchSignal({ signal }: LoadContext<unknown>, load: Load | undefined): void {
    const signals = this.#signals;
    this.#world.expect(!signal.aborted, 'the loader is called with an aborted signal');
    if (signals.has(signal)) return;
    signals.add(signal);
    signal.addEventListener('abort', () => {
      this.#world.see();
      this.#world.timeline.add('cache', () => `aborts load ${load?.seq}`);
      const { outcome } = load ?? {};
      const Reason = outcome === 'stopped' ? StoppedError : LoadTimeoutError;
      const isDue = outcome === 'stopped' || outcome === 'timeout';
      this.#world.expect(isDue, `a load is aborted that is ${outcome ?? 'in flight'}`);
      this.#world.expect(signal.reason instanceof Reason, `it is aborted with ${signal.reason}`);
      this.#world.visit(outcome === 'stopped' ? 'abort' : 'abort at the deadline');
    });
  }

  validate(context: LoadContext<unknown>): string | Promise<string> {
    this.#world.see();
    this.#world.timeline.add('cache', () => 'calls the validator');
    const load = this.#world.model.validatorCalled();
    this.#world.expectSame('previous', context.previous, load?.previous);
    const answers = this.#setup.validator ?? [];
    const answer = answers[this.#validations++ % answers.length] as string;
    this.#world.visit('validator');
    const settle = (token: string): string => {
      this.#world.see();
      this.#world.timeline.add('user', () => `the validator of load ${load?.seq}: ${token}`);
      const isError = token === 'throws';
      if (load)
        this.#world.model.validatorAnswered(this.#world.at, load, isError ? undefined : token);
      if (isError) throw new Error('a validator that throws');
      return token;
    };
    if (answer !== 'hangs') return settle(answer);
    return new Promise((resolve, reject) => {
      const call: OpenCall = {
        load,
        settle: (gives) => {
          this.open.splice(this.open.indexOf(call), 1);
          try {
            resolve(settle(gives === 'value' ? `token ${this.#validations}` : 'throws'));
          } catch (error) {
            reject(error);
          }
        },
      };
      this.open.push(call);
    });
  }

  accept(next: unknown): boolean {
    this.#world.visit('accept');
    const is = (gives: Gives): boolean => typeof next === 'string' && next.startsWith(gives);
    if (is('error in accept')) throw new Error('an accept that throws');
    return !is('unacceptable');
  }

  equals(next: unknown, previous: unknown): boolean {
    this.#world.timeline.add('cache', () => `asks if ${next} is ${previous}`);
    if (numberOf(next) % 5 === 0) throw new Error('an equals that throws');
    return Math.floor(numberOf(next) / 3) === Math.floor(numberOf(previous) / 3);
  }

  /** What comes of that. */
  same(next: unknown, previous: unknown): boolean {
    const [a, b] = [numberOf(next), numberOf(previous)];
    return a % 5 !== 0 && Math.floor(a / 3) === Math.floor(b / 3);
  }

  refreshInterval(intervals: readonly (number | string)[]): number {
    this.#world.see();
    const interval = intervals[this.#intervals++ % intervals.length] as number | string;
    this.#world.timeline.add('cache', () => `asks for the interval: ${interval}`);
    const isRight = typeof interval === 'number' && interval > 0;
    this.#world.visit('refreshInterval');
    this.#world.model.intervalTold(isRight ? interval : this.#setup.ttl);
    if (typeof interval === 'string') throw interval;
    return interval;
  }

  newValue(by: string): string {
    this.#values += 1;
    return `${by} ${this.#values}`;
  }

  /** What the model is told of an answer, and what the loader does. */
  #give(
    gives: Gives,
    { notModified }: LoadContext<unknown>,
  ): [Answer, () => unknown | NotModified] {
    const fails = (error: unknown, endsAttempts = false): [Answer, () => never] => [
      { kind: 'error', endsAttempts },
      () => {
        throw error;
      },
    ];
    if (gives === 'not modified') return [{ kind: 'notModified' }, () => notModified];
    if (gives === 'type error') return fails(new TypeError('down'));
    if (gives === 'string error') return fails('down');
    if (gives === 'hostile error') return fails(hostile());
    if (gives === 'abort error') return fails(new AbortError('in vain'), true);
    const value = gives === 'nothing' ? undefined : this.newValue(gives);
    const isVetoed = this.#setup.accept && gives === 'unacceptable';
    const isThrown = this.#setup.accept && gives === 'error in accept';
    return [{ kind: 'value', value, accept: isThrown ? 'throws' : !isVetoed }, () => value];
  }
}

/** Of a value: how many there were before it; NaN of none. */
function numberOf(value: unknown): number {
  return Number(`${value}`.split(' ').at(-1));
}

/** Lets `count` microtasks go by. */
export async function ticks(count: number): Promise<void> {
  for (let i = 0; i < count; i += 1) await undefined;
}
