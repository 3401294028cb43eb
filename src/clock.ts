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
  if (Date.now !== systemNow || !isSystem) return Date.now();
  if (thisTurn === 0) {
    thisTurn = systemNow();
    afterThisTurn(endTurn);
  }
  return thisTurn;
}

function endTurn(): void {
  thisTurn = 0;
}
