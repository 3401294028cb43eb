import { appendFileSync, readFileSync } from 'node:fs';
import { now } from './clock.ts';
import type { Item, Reads } from './history.ts';

/** What is written at most so many ms later, and lost if the process is killed before. */
const FLUSH_INTERVAL = 20;

/** Ms between two reads of one item. */
const LONGEST_GAP = 50;

type Read = Omit<Reads, 'count' | 'kind' | 'to'>;

/** Writes down what happens in a process. Reads in a row that give the same are one item. */
export class Recorder {
  readonly #path: string;
  #lines = '';
  #runs: (Reads & { to: number; count: number })[] = [];
  #flushed = now();

  constructor(path: string) {
    this.#path = path;
  }

  add(item: Item): void {
    this.#endRuns();
    this.#lines += `${JSON.stringify(item)}\n`;
  }

  read(read: Read): void {
    const { from, how, value, fresh } = read;
    // However they are read, values are to stand in the order in which they came.
    if (this.#runs.some((run) => run.value !== value)) this.#endRuns();
    // So that it shows when nobody has read.
    if (this.#runs.some((run) => from - run.to > LONGEST_GAP)) this.#endRuns();
    const run = this.#runs.find((one) => one.how === how && one.fresh === fresh);
    if (run) {
      run.to = Math.max(run.to, from);
      run.count += 1;
    } else this.#runs.push({ kind: 'reads', ...read, to: from, count: 1 });
    if (now() - this.#flushed > FLUSH_INTERVAL) this.flush();
  }

  flush(): void {
    this.#endRuns();
    this.#flushed = now();
    if (this.#lines) appendFileSync(this.#path, this.#lines);
    this.#lines = '';
  }

  #endRuns(): void {
    for (const run of this.#runs) this.#lines += `${JSON.stringify(run)}\n`;
    this.#runs = [];
  }
}

/** What a process has written down. */
export function recorded(path: string): Item[] {
  const lines = readFileSync(path, 'utf8').split('\n');
  // Whoever is killed may leave half a line.
  lines.pop();
  return lines.map((line) => JSON.parse(line));
}
