import { EventEmitter, once } from 'node:events';
import type { Log } from '../../src/log.ts';

/** A log that remembers. */
export class Lines implements Log {
  readonly infos: string[] = [];
  readonly warnings: string[] = [];
  readonly errors: string[] = [];
  readonly #emitter = new EventEmitter();

  info(text: string): void {
    this.#add(this.infos, text);
  }

  warn(text: string): void {
    this.#add(this.warnings, text);
  }

  error(text: string, cause: unknown): void {
    this.#add(this.errors, `${text} ${cause instanceof Error ? cause.stack : cause}`);
  }

  /** Resolves with the next line that matches, of those to come. */
  async next(pattern: RegExp): Promise<string> {
    for (;;) {
      const [line] = (await once(this.#emitter, 'line')) as [string];
      if (pattern.test(line)) return line;
    }
  }

  #add(lines: string[], line: string): void {
    lines.push(line);
    this.#emitter.emit('line', line);
  }
}
