/** One thing to be timed: `run` does it `times` times over. */
export interface Subject {
  readonly name: string;
  readonly run: (times: number) => Promise<void> | void;
}

/**
 * Times the subjects in interleaved rounds, so that whatever else the machine does falls on all of them alike.
 *
 * @returns The median of each subject, in ns for one time.
 */
export async function interleaved(
  subjects: readonly Subject[],
  rounds: number,
  times: number,
): Promise<Map<string, number>> {
  const samples = new Map(subjects.map(({ name }) => [name, [] as number[]]));
  for (let round = -2; round < rounds; round++) {
    for (const { name, run } of subjects) {
      const start = process.hrtime.bigint();
      const running = run(times);
      if (running) await running;
      const ns = Number(process.hrtime.bigint() - start) / times;
      // The first rounds warm the compiler up.
      if (round >= 0) samples.get(name)?.push(ns);
    }
  }
  return new Map([...samples].map(([name, values]) => [name, median(values)]));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] as number;
}

/** Heap and native memory in use, after everything that can be collected was. */
export async function memoryInUse(): Promise<number> {
  for (let i = 0; i < 4; i++) {
    globalThis.gc?.();
    await new Promise((resolve) => setImmediate(resolve));
  }
  const { heapUsed, external } = process.memoryUsage();
  // Array buffers are among what is external.
  return heapUsed + external;
}
