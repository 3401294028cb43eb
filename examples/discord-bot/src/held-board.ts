import { LoadError, type Snapshot, StoppedError } from 'warm-cache';
import type { Answer } from './answer.ts';
import type { Board, BoardCache } from './board.ts';
import { RESTARTING, Refusal } from './refusal.ts';
import { moment } from './text.ts';

/**
 * The board as it is held in memory: nobody waits for it. Only where there is none, as just after the start, the answer
 * is put off until it has been read.
 *
 * @param patience - Ms it may take to be read.
 * @throws {Refusal} It can't be read.
 */
export async function heldBoard(
  cache: BoardCache,
  answer: Answer,
  patience: number,
): Promise<Snapshot<Board>> {
  const held = cache.peek();
  if (held) return held;
  const read = cache.get({ signal: AbortSignal.timeout(patience) });
  await answer.defer();
  try {
    await read;
  } catch (error) {
    throw new Refusal(excuse(error));
  }
  const snapshot = cache.peek();
  if (!snapshot) throw new Refusal(excuse(undefined));
  return snapshot;
}

function excuse(error: unknown): string {
  if (error instanceof StoppedError) return RESTARTING;
  if (!(error instanceof LoadError)) {
    return "The leaderboard isn't there yet: the database takes long to answer. Try again in a minute.";
  }
  return `The leaderboard can't be read: the database doesn't answer. I try it again ${moment(error.retryAt)}.`;
}
