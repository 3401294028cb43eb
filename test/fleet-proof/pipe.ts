import type { Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type { Filter, Trouble } from './proxy.ts';

/** What is going on. */
export interface Weather {
  readonly trouble: () => Trouble;
  /** Resolves as that changes. */
  readonly changed: () => Promise<void>;
}

/** One direction of one connection: what comes in goes out in the same order, by what trouble there is then. */
export class Pipe {
  /** Whether bytes were swallowed: what comes after them makes no sense. */
  isDamaged = false;
  readonly #from: Socket;
  readonly #to: Socket;
  readonly #way: 'down' | 'up';
  readonly #weather: Weather;
  readonly #filter: Filter | undefined;
  readonly #queue: { readonly chunk: Buffer; readonly tick: number }[] = [];
  #isFlowing = false;
  #isEnding = false;

  constructor(from: Socket, to: Socket, way: 'down' | 'up', weather: Weather, filter?: Filter) {
    this.#from = from;
    this.#to = to;
    this.#way = way;
    this.#weather = weather;
    this.#filter = filter;
    from.on('data', (chunk: Buffer) => {
      this.#queue.push({ chunk, tick: performance.now() });
      void this.#flow();
    });
    from.on('end', () => {
      this.#isEnding = true;
      void this.#flow();
    });
  }

  async #flow(): Promise<void> {
    if (this.#isFlowing) return;
    this.#isFlowing = true;
    for (let next = this.#queue[0]; next && !this.#to.destroyed; next = this.#queue[0]) {
      // Else what is going on has changed meanwhile: it is looked at again.
      if (await this.#pass(next.chunk, next.tick)) this.#queue.shift();
    }
    this.#isFlowing = false;
    if (this.#isEnding) this.#to.end();
  }

  /** Whether the chunk is done with. */
  async #pass(chunk: Buffer, tick: number): Promise<boolean> {
    const trouble = this.#weather.trouble();
    switch (trouble.kind) {
      case 'drop':
        if (trouble.way === 'both' || trouble.way === this.#way) this.isDamaged = true;
        else this.#write(chunk);
        return true;
      case 'stall':
        await this.#weather.changed();
        return false;
      case 'delay': {
        const rest = tick + trouble.ms - performance.now();
        if (rest > 0) await delay(rest);
        this.#write(chunk);
        return true;
      }
      case 'halve':
        this.#write(chunk.subarray(0, Math.floor(chunk.length / 2)));
        this.#from.destroy();
        return true;
      case 'slow':
        for (let i = 0; i < chunk.length && !this.#to.destroyed; i += trouble.bytes) {
          this.#write(chunk.subarray(i, i + trouble.bytes));
          await delay(trouble.ms);
        }
        return true;
      default:
        this.#write(chunk);
        return true;
    }
  }

  #write(chunk: Buffer): void {
    const kept = this.#filter ? this.#filter(chunk) : chunk;
    if (kept.length > 0 && !this.#to.destroyed) this.#to.write(kept);
  }
}
