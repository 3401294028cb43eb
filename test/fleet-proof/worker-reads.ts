import type { WarmCache } from '../../src/index.ts';
import { now } from './clock.ts';
import type { Recorder } from './recorder.ts';

/**
 * Reads every ms or two, in both ways, and writes down what it gets.
 *
 * @param onChange - Told as what is served changes.
 * @returns Ends it.
 */
export function readAllTheTime(
  cache: WarmCache<number>,
  recorder: Recorder,
  onChange: (value: number | null, fresh: boolean) => void,
): () => void {
  let [lastValue, wasFresh]: [number | null | undefined, boolean] = [undefined, false];
  const timer = setInterval(() => {
    const from = now();
    const value = cache.peek()?.value ?? null;
    const { status, reads } = cache.health();
    const fresh = status === 'READY';
    recorder.read({ how: 'peek', from, value, fresh });
    if (value !== lastValue || fresh !== wasFresh) onChange(value, fresh);
    [lastValue, wasFresh] = [value, fresh];
    readByGet(reads.fresh);
  }, 1);

  function readByGet(freshReads: number): void {
    const from = now();
    const got = cache.get();
    // How it was answered is counted before `get()` returns.
    const fresh = cache.health().reads.fresh > freshReads;
    got.then(
      (value) => recorder.read({ how: 'get', from, value, fresh }),
      () => recorder.read({ how: 'get', from, value: null, fresh: false }),
    );
  }
  return () => clearInterval(timer);
}
