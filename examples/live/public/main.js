import { Board } from './board.js';
import { captionOf } from './caption.js';
import { Controls } from './controls.js';
import { byId, setText } from './dom.js';
import { listen } from './feed.js';
import { Inside } from './inside.js';
import { Lane } from './lane.js';

/** @import { Update } from '../src/show.ts' */

/** Ms between two drawings: a dot goes by twenty pixels a second. */
const SMOOTH = 30;
/** The same for those who want things to stand still. */
const STILL = 1000;

const lanes = { lazy: new Lane('lazy'), warm: new Lane('warm') };
const inside = new Inside();
const board = new Board();
const controls = new Controls(board);
const stillness = matchMedia('(prefers-reduced-motion: reduce)');

/** @type {Update | undefined} */
let last;
let isConnected = false;
/** How far the server's clock is ahead of this page's, ms. */
let ahead = 0;
/** When the database was away. @type {{ from: number, to: number }[]} */
let outages = [];
let spoken = '';
let drawnAt = 0;

listen({
  onConnection(connected) {
    isConnected = connected;
    const connection = byId('connection');
    connection.dataset['state'] = connected ? 'live' : 'lost';
    setText(connection, connected ? 'Live' : 'Connection lost, trying again …');
    say();
  },
  onUpdate(update, isFirst) {
    last = update;
    ahead = update.now - performance.now();
    noteOutage(update, isFirst);
    for (const name of /** @type {const} */ (['lazy', 'warm'])) {
      lanes[name].update(update.lanes[name], update.now, isFirst);
    }
    inside.update(update, isFirst);
    controls.update(update);
    board.renew(update.cache.version);
    say();
    document.body.dataset['database'] = update.database;
  },
});
requestAnimationFrame(draw);

/** @param {number} time */
function draw(time) {
  requestAnimationFrame(draw);
  const interval = stillness.matches ? STILL : SMOOTH;
  if (controls.isPaused || time - drawnAt < interval) return;
  drawnAt = time;
  // Without a connection, time stands still.
  const now = isConnected ? performance.now() + ahead : (last?.now ?? performance.now() + ahead);
  for (const lane of Object.values(lanes)) lane.draw(now, outages);
}

/** Says what there is to see; to those who hear it, only when that is something else. */
function say() {
  if (!last) return;
  const caption = captionOf(last, isConnected);
  setText(byId('caption'), caption.text);
  byId('caption').dataset['situation'] = caption.id;
  if (caption.id === spoken) return;
  // What there is to see at first is read with the page.
  if (spoken !== '') setText(byId('announcement'), caption.spoken);
  spoken = caption.id;
}

/**
 * @param {Update} update
 * @param {boolean} isFirst
 */
function noteOutage({ database, now }, isFirst) {
  if (isFirst) outages = [];
  const current = outages.at(-1);
  const isAway = database !== 'running';
  if (current?.to === Infinity) {
    if (!isAway) current.to = now;
  } else if (isAway) outages.push({ from: now, to: Infinity });
}
