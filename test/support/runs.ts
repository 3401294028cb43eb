import type fc from 'fast-check';

/**
 * How often a property is tried: so often, or as often as a variable of the environment says. With `SEED` and
 * `RUN_PATH`, as fast-check prints them, only the case that they stand for; `-t` has one test alone.
 */
export function runs(variable: string, count: number): fc.Parameters<unknown> {
  const { [variable]: given, SEED, RUN_PATH } = process.env;
  return {
    numRuns: Number(given ?? count),
    // A counterexample is made smaller for so long, or for as long as it takes.
    ...(given === undefined ? { interruptAfterTimeLimit: 300_000 } : {}),
    ...(SEED === undefined ? {} : { seed: Number(SEED) }),
    ...(RUN_PATH === undefined ? {} : { path: RUN_PATH }),
  };
}
