/** What a read met. */
export interface Reading {
  /** From the call to the answer. */
  readonly ms: number;
  /** Had no answer, good or bad, within the turn of the event loop that it was made in. */
  readonly waited: boolean;
  readonly failed: boolean;
}

/** Reads in a turn of its own, as requests do: it isn't timed while others of its burst are answered. */
export async function measured(read: () => Promise<unknown>): Promise<Reading> {
  await new Promise((resolve) => setImmediate(resolve));
  const start = performance.now();
  let isAnswered = false;
  let waited = false;
  // Runs once everything is done that needs no more than promises.
  setImmediate(() => {
    waited = !isAnswered;
  });
  let failed = false;
  try {
    await read();
  } catch {
    failed = true;
  }
  isAnswered = true;
  return { ms: performance.now() - start, waited, failed };
}
