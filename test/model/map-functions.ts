import { AbortError, type LoadContext, type LoadManyContext, notModified } from 'warm-cache';
import { ticks } from './functions.ts';
import {
  type GivesKey,
  idOf,
  type Key,
  type KeysAnswer,
  type MapCourse,
  type MapSetup,
} from './map-scenario.ts';
import { KEYS_DELAY, type Kept, type MapWorld } from './map-world.ts';
import type { Answer, Load } from './model.ts';
import { hostile } from './words.ts';

interface Member {
  readonly kept: Kept;
  readonly load: Load;
}

/** A call of `loader` or `loadMany`. */
interface Call {
  readonly members: readonly Member[];
  readonly settle: (course: MapCourse) => void;
}

/** What it is given for a key: the model's words, and what it really is; for an error `isThrown`. */
interface Given {
  readonly answer: Answer;
  readonly what: unknown;
  readonly isError: boolean;
  readonly isMissing?: boolean;
}

/** The loaders and `keys`: they do as the scenario says, and tell the models. */
export class MapFunctions {
  /** Those that have not settled. */
  readonly open: Call[] = [];
  /** Timers of their own. */
  timers = 0;
  readonly #world: MapWorld;
  readonly #setup: MapSetup;
  readonly #courses: MapCourse[];
  readonly #thereafter: MapCourse;
  readonly #keys: readonly KeysAnswer[];
  #asked = 0;
  #values = 0;
  #validations: number;

  constructor(
    world: MapWorld,
    setup: MapSetup,
    courses: readonly MapCourse[],
    thereafter: MapCourse,
    keys: readonly KeysAnswer[],
    luck: number,
  ) {
    this.#world = world;
    this.#setup = setup;
    this.#courses = [...courses];
    this.#thereafter = thereafter;
    this.#keys = keys;
    this.#validations = luck % 100;
  }

  /** Calls that have a slot: some load of theirs is neither over nor given up. */
  get running(): readonly Call[] {
    const { at } = this.#world;
    return this.open.filter(({ members }) =>
      members.some(({ kept: { model }, load }) => model.slot === load && !model.isFree(load, at)),
    );
  }

  newValue(by: string): string {
    this.#values += 1;
    return `${by} ${this.#values}`;
  }

  load(key: Key, context: LoadContext<unknown>): unknown {
    const { attempt, reason } = context;
    return this.#call(
      [key],
      attempt,
      () => reason,
      () => context.previous,
      (given) => {
        const [{ isError, what } = { isError: false, what: undefined }] = given;
        if (isError) throw what;
        return what;
      },
    );
  }

  loadMany(keys: readonly Key[], context: LoadManyContext<Key, unknown>): unknown {
    const { attempt, reason, previous } = context;
    const { size } = this.#setup.batch as { size: number };
    const ids = keys.map(idOf);
    this.#world.expect(keys.length > 0 && keys.length <= size, `a batch of ${keys.length}`);
    this.#world.expect(new Set(ids).size === ids.length, `a batch of ${ids}`);
    if (keys.length > 1) this.#world.see('a batch of several');
    return this.#call(keys, attempt, reason, previous, (given, course) => {
      const [first] = given;
      if (course.throws && first?.isError) throw first.what;
      const pairs = keys.map((key, i) => [this.#world.newKey(idOf(key)), given[i]] as const);
      const answers = pairs
        .filter(([, it]) => !it?.isMissing)
        .map(([key, it]) => [key, it?.what] as const);
      const failed = given.filter(({ isError }) => isError).length;
      if (failed > 0 && failed < keys.length) this.#world.see('a batch that fails in part');
      if (!course.isSloppy) return answers;
      const extra = [this.#world.newKey('nobody'), 'unasked'] as const;
      const again = answers.map(([key]) => [key, 'twice'] as const);
      return [extra, ...answers, ...again];
    });
  }

  #call(
    keys: readonly Key[],
    attempt: number,
    reasonOf: (key: Key) => unknown,
    previousOf: (key: Key) => LoadContext<unknown>['previous'],
    answer: (given: readonly Given[], course: MapCourse) => unknown,
  ): unknown {
    const world = this.#world;
    world.look(true);
    const ids = keys.map(idOf);
    world.timeline.add('cache', () => `loads ${ids}, attempt ${attempt}`);
    world.expect(world.unmarked.size === 0, 'a loader is called amidst of invalidateWhere()');
    const hasValidator = this.#setup.validator !== undefined;
    const members = keys.flatMap((key): readonly Member[] => {
      const id = idOf(key);
      const overlapping = this.running.some(({ members }) =>
        members.some(({ kept, load }) => kept.id === id && kept.model.slot === load),
      );
      world.expect(!overlapping, `two loads of ${id} at a time`);
      const kept = world.kept.get(id);
      world.expect(kept, `${id} is loaded, and there is no such key`);
      if (!kept) return [];
      const load = kept.model.loaderCalled(world.at, attempt, hasValidator);
      if (!load) return [];
      const reason = reasonOf(world.newKey(id));
      world.expect(reason === load.reason, `the loader of ${id} is given the reason ${reason}`);
      world.expectSame(`previous of ${id}`, previousOf(world.newKey(id)), load.previous);
      return [{ kept, load }];
    });
    if (attempt > 1) world.see('a retry');
    const { concurrency } = this.#setup;
    const course = this.#courses.shift() ?? this.#thereafter;
    const answered = Promise.withResolvers<unknown>();
    let atOnce: (() => unknown) | undefined;
    let isOpen = true;
    const settle = (by: MapCourse): void => {
      if (!isOpen) return;
      isOpen = false;
      world.look(true);
      this.open.splice(this.open.indexOf(call), 1);
      const given = ids.map((_, i) => this.#give(by.each[i % by.each.length] ?? 'value'));
      const isFailure = by.throws && given[0]?.isError;
      world.timeline.add('user', () => {
        const what = isFailure
          ? 'throws'
          : ids.map((id, i) => `${id}: ${by.each[i % by.each.length]}`);
        return `answers ${ids}: ${what}`;
      });
      const at = world.at;
      members.forEach(({ kept, load }) => {
        const it = given[isFailure ? 0 : ids.indexOf(kept.id)] as Given;
        if (load.outcome !== undefined) world.see('an answer after the end');
        kept.model.loaderAnswered(at, load, it.answer);
      });
      const give = (): unknown => answer(given, by);
      answered.resolve((async () => give())());
      atOnce = give;
    };
    const call: Call = { members, settle };
    this.open.push(call);
    world.expect(
      this.running.length <= concurrency,
      `${this.running.length} loads at a time, of ${concurrency}`,
    );
    if (course.when === 'at once') {
      settle(course);
      answered.promise.catch(() => {});
      return atOnce?.();
    }
    if (course.when === 'within the turn') void ticks(course.delay).then(() => settle(course));
    if (course.when === 'after a time') {
      this.timers += 1;
      setTimeout(() => {
        this.timers -= 1;
        settle(course);
      }, course.delay);
    }
    return answered.promise;
  }

  #give(gives: GivesKey): Given {
    const { batch, accept } = this.#setup;
    const fails = (what: unknown, endsAttempts = false): Given => ({
      answer: { kind: 'error', endsAttempts },
      what,
      isError: true,
    });
    if (gives === 'not modified') {
      return { answer: { kind: 'notModified' }, what: notModified, isError: false };
    }
    if (gives === 'type error') return fails(new TypeError('down'));
    if (gives === 'string error') return fails(batch ? new Error('down') : 'down');
    if (gives === 'hostile error') return fails(hostile());
    if (gives === 'abort error') return fails(new AbortError('in vain'), true);
    const isMissing = batch !== undefined && gives === 'missing';
    const value = isMissing || gives === 'nothing' ? undefined : this.newValue(gives);
    const isVetoed = accept && gives === 'unacceptable';
    const isThrown = accept && gives === 'error in accept';
    if (isMissing) this.#world.see('a missing key');
    const verdict = isThrown ? 'throws' : !isVetoed;
    return {
      answer: { kind: 'value', value, accept: verdict },
      what: value,
      isError: false,
      isMissing,
    };
  }

  validate(key: Key): string {
    const world = this.#world;
    world.look(true);
    const id = idOf(key);
    const model = world.kept.get(id)?.model;
    const load = model?.validatorCalled();
    const tokens = this.#setup.validator ?? [];
    const token = tokens[this.#validations++ % tokens.length] as string;
    world.timeline.add('user', () => `the validator of ${id}: ${token}`);
    const isError = token === 'throws';
    if (load) model?.validatorAnswered(world.at, load, isError ? undefined : token);
    if (isError) throw new Error('a validator that throws');
    return token;
  }

  accept(next: unknown): boolean {
    const is = (gives: GivesKey): boolean => typeof next === 'string' && next.startsWith(gives);
    if (is('error in accept')) throw new Error('an accept that throws');
    return !is('unacceptable');
  }

  /** Which keys are always hot: tells the world of each just before the map learns of it. */
  keys(): Iterable<Key> | Promise<Iterable<Key>> {
    const world = this.#world;
    const nth = this.#asked++;
    const { ids, how } = this.#keys[Math.min(nth, this.#keys.length - 1)] ?? {
      ids: [],
      how: 'at once',
    };
    world.timeline.add('cache', () => `asks for the keys: ${how} ${ids}`);
    world.keysAsked(nth, how);
    function* answer(): Generator<Key> {
      for (const id of ids) {
        if (world.isUnclear(id)) continue;
        world.pinned(id, nth);
        yield world.newKey(id);
      }
      world.allPinned(nth);
    }
    if (how === 'throws') throw new Error('no keys');
    if (how === 'hangs') return new Promise(() => {});
    if (how === 'at once') return answer();
    this.timers += 1;
    return new Promise((resolve) => {
      setTimeout(() => {
        this.timers -= 1;
        resolve(answer());
      }, KEYS_DELAY);
    });
  }
}
