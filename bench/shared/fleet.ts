import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import type { Answers, Closed, Order, Setting } from './orders.ts';
import type { Servers } from './servers.ts';

/** Ms after which caches that have begun are done with beginning: they compare what they have once more. */
export const SETTLING = 300;
/** How often a value changes in an interval, where each load is to bring another one. */
export const CHANGES = 2;
/** Ms that nothing here takes, on any machine. */
const PATIENCE = 120_000;

interface Reply {
  readonly id: number;
  readonly answer?: unknown;
  readonly error?: string;
}

/** One that is asked by messages, any number at a time. */
export class Member {
  readonly #child: ChildProcess;
  readonly #open = new Map<number, PromiseWithResolvers<unknown>>();
  #id = 0;

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.on('message', ({ id, answer, error }: Reply) => {
      const asked = this.#open.get(id);
      this.#open.delete(id);
      if (error === undefined) asked?.resolve(answer);
      else asked?.reject(new Error(error));
    });
    child.once('exit', (code) => {
      for (const { reject } of this.#open.values()) reject(new Error(`it ended with ${code}`));
    });
  }

  static async start({ postgres, redis }: Servers): Promise<Member> {
    const script = join(import.meta.dirname, 'process.ts');
    const child = fork(script, [postgres, redis], { serialization: 'advanced' });
    const exited = once(child, 'exit').then(([code]) => Promise.reject(new Error(`exit ${code}`)));
    exited.catch(() => {});
    await Promise.race([once(child, 'message'), exited]);
    return new Member(child);
  }

  ask<D extends Order['do']>(order: Extract<Order, { readonly do: D }>): Promise<Answers[D]> {
    const asked = Promise.withResolvers<unknown>();
    this.#id += 1;
    this.#open.set(this.#id, asked);
    this.#child.send({ id: this.#id, order });
    const late = setTimeout(() => asked.reject(new Error(`no answer to ${order.do}`)), PATIENCE);
    return asked.promise.finally(() => clearTimeout(late)) as Promise<Answers[D]>;
  }

  async end(): Promise<void> {
    const { exitCode, signalCode } = this.#child;
    if (exitCode !== null || signalCode !== null) return;
    const ended = once(this.#child, 'exit');
    this.#child.disconnect();
    await ended;
  }
}

/** Processes, of which some at a time are a fleet. */
export class Fleet {
  readonly #members: readonly Member[];
  #openings = 0;

  private constructor(members: readonly Member[]) {
    this.#members = members;
  }

  static async start(servers: Servers, size: number): Promise<Fleet> {
    return new Fleet(await Promise.all(Array.from({ length: size }, () => Member.start(servers))));
  }

  /** Runs `use` while so many of them have such a cache each. */
  async during<T>(
    size: number,
    setting: Omit<Setting, 'key'>,
    use: (members: readonly Member[]) => Promise<T>,
  ): Promise<{ readonly result: T; readonly loads: readonly number[] }> {
    const members = this.#members.slice(0, size);
    this.#openings += 1;
    const key = `bench-${process.pid}-${this.#openings}`;
    await Promise.all(members.map((member) => member.ask({ do: 'open', ...setting, key })));
    const result = await use(members);
    const closed = await Promise.all(members.map((member) => member.ask({ do: 'close' })));
    complain(setting, closed);
    return { result, loads: closed.flatMap(({ loads }) => loads) };
  }

  async end(): Promise<void> {
    await Promise.all(this.#members.map((member) => member.end()));
  }
}

/** What goes wrong is part of what is measured then: it has to be told. */
function complain({ way, kind }: Omit<Setting, 'key'>, closed: readonly Closed[]): void {
  const errors = closed.flatMap((one) => one.errors);
  if (errors.length === 0) return;
  console.log(`  ! ${way}, ${kind}: ${errors.length} errors, the first one: ${errors[0]}`);
}
