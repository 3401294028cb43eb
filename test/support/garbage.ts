import { setTimeout as delay } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const gc = runInNewContext('gc') as () => void;

/**
 * Resolves once they have all been collected, as what nothing refers to is: connections that have broken let go of
 * their last request by and by.
 *
 * @throws {Error} Some are in memory still, after many collections.
 */
export async function collected(refs: readonly WeakRef<object>[]): Promise<void> {
  let left = refs;
  for (let i = 0; i < 100; i++) {
    // What a WeakRef gave out lives until the end of the turn.
    await delay(10);
    gc();
    left = left.filter((ref) => ref.deref() !== undefined);
    if (left.length === 0) return;
  }
  const kinds = left.map((ref) => ref.deref()?.constructor.name);
  throw new Error(`in memory still: ${kinds.join(', ')}`);
}

/** Bytes that are in memory, on the heap and in array buffers, when what nothing refers to has been collected. */
export async function heldInMemory(): Promise<number> {
  for (let i = 0; i < 3; i++) {
    gc();
    await delay(10);
  }
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
