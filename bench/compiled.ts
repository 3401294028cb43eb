import type { Subject } from './measure.ts';

/** What the reads sum up, so that no compiler drops them. */
export let sink = 0;

/** Each kind of read, of a few objects in turn: one alone would be read once, ahead of the loop. */
const FEW = 8;

export const few = <S>(make: () => S): S[] => Array.from({ length: FEW }, make);

/**
 * A loop around `read`, compiled for this read alone, as if written out: a shared loop would call it through a
 * pointer. `read` is taken as text, and so sees nothing but its argument.
 */
export function sync<S>(
  name: string,
  subjects: readonly S[],
  read: (subject: S) => number,
): Subject {
  const run = new Function(
    'subjects',
    `return (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) sum += (${read})(subjects[i & ${FEW - 1}]);
      return sum;
    }`,
  )(subjects) as (times: number) => number;
  return {
    name,
    run(times) {
      sink += run(times);
    },
  };
}

/** The same around the `await` of a read. */
export function async<S>(
  name: string,
  subjects: readonly S[],
  read: (subject: S) => unknown,
): Subject {
  const run = new Function(
    'subjects',
    `return async (times) => {
      let sum = 0;
      for (let i = 0; i < times; i++) sum += (await (${read})(subjects[i & ${FEW - 1}])).total;
      return sum;
    }`,
  )(subjects) as (times: number) => Promise<number>;
  return {
    name,
    async run(times) {
      sink += await run(times);
    },
  };
}
