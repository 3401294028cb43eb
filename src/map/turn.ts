import { turnNow } from '../clock.ts';

/** Ms for which work on many keys may keep the event loop, before others get a turn. */
export const TURN = 4;

/** Whether this turn of the event loop has taken as long; told from the first time that it is asked in a turn. */
export function isLongTurn(): boolean {
  return Date.now() - turnNow() > TURN;
}
