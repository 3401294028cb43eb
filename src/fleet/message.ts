/** What a process tells the others. */
export interface FleetMessage {
  readonly epoch: string;
  readonly seq: number;
  /** Who sent it. */
  readonly src: string;
  readonly act: 'invalidate' | 'publish' | 'purge' | 'release' | 'renew';
  readonly version: number;
  readonly generation: number;
  readonly fence: number;
  readonly hash: string;
  /** Ms for which the value is fresh still; `null`: for ever, or there is none. */
  readonly ttlLeft: number | null;
  /** Where it is short. */
  readonly value?: string | undefined;
}

const ACTS: readonly string[] = [
  'invalidate',
  'publish',
  'purge',
  'release',
  'renew',
] satisfies FleetMessage['act'][];

/** Reads a message; `undefined` where it is none of this library. */
export function messageIn(text: string): FleetMessage | undefined {
  try {
    const message = JSON.parse(text) as FleetMessage & { readonly v: unknown };
    return message.v === 1 && isSound(message) ? message : undefined;
  } catch {
    return undefined;
  }
}

function isSound(message: FleetMessage): boolean {
  const { epoch, seq, src, act, version, generation, fence, hash, ttlLeft, value } = message;
  return (
    [epoch, src, hash].every((text) => typeof text === 'string') &&
    [seq, version, generation, fence].every(isCount) &&
    ACTS.includes(act) &&
    (ttlLeft === null || Number.isFinite(ttlLeft)) &&
    (value === undefined || typeof value === 'string')
  );
}

/** Whether it can be a number that only ever grew by one. */
export function isCount(given: unknown): given is number {
  return Number.isSafeInteger(given) && (given as number) >= 0;
}
