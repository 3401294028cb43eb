import { outsideRequests } from './context.ts';

const { now: systemNow } = Date;
const { setImmediate: afterThisTurn } = globalThis;

// A clock that is faked as this module loads is no system clock, and its immediates may never come.
const isSystem = `${systemNow}`.includes('[native code]');

/** The time read in this turn of the event loop, 0 before the first reading. */
let thisTurn = 0;

/**
 * Epoch ms as of this turn of the event loop: the system clock, asked once a turn. Within a turn no timer can fire
 * and no machine be suspended, so a finer answer would change nothing, and asking costs as much as a whole `await`.
 * A clock that was replaced (fake timers) is asked each time.
 */
export function turnNow(): number {
  return thisTurn !== 0 && Date.now === systemNow ? thisTurn : readClock();
}

function readClock(): number {
  const now = Date.now();
  if (isSystem && Date.now === systemNow) {
    thisTurn = now;
    outsideRequests(afterThisTurn, endTurn);
  }
  return now;
}

function endTurn(): void {
  thisTurn = 0;
}
