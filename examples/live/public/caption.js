import { formatSeconds } from './format.js';

/** @import { Update } from '../src/show.ts' */

/** @typedef {{ id: string, text: string, spoken: string }} Caption */

/**
 * What there is to see just now. `id` says what kind of situation it is; `spoken` is for those who hear the page, and has
 * nothing in it that changes all the time.
 * @param {Update} update
 * @param {boolean} isConnected
 * @returns {Caption}
 */
export function captionOf({ database, cache, lanes, now, ttl }, isConnected) {
  const age = cache.loadedAt === null ? 0 : now - cache.loadedAt;
  const every = formatSeconds(ttl);
  if (!isConnected) {
    return caption(
      'disconnected',
      'The page has lost its server, and tries to find it again. Is “npm run demo:live” still running?',
    );
  }
  if (database === 'stopped' || database === 'stopping') {
    return caption(
      'stopped',
      `The database is stopped. The warm cache goes on answering at once, with a board that is ${formatSeconds(age)} old. Readers of the other one wait, and then get an error.`,
      'The database is stopped. The warm cache goes on answering at once. Readers of the other one wait, and then get an error.',
    );
  }
  if (database === 'starting') {
    return caption('starting', 'The database starts. The warm cache has been answering all along.');
  }
  if (cache.consecutiveFailures > 0 || age > 2 * ttl) {
    const wait = cache.nextLoadAt === null ? '' : `, in ${formatSeconds(cache.nextLoadAt - now)}`;
    return caption(
      'recovering',
      `The database is back. The warm cache finds out with its next load${cache.load ? ', which is under way' : wait}; nobody waits for that.`,
      'The database is back. The warm cache finds out with its next load; nobody waits for that.',
    );
  }
  if (lanes.lazy.waiting > 0) {
    return caption(
      'usual',
      `The board of the upper cache is too old: whoever asks now waits until the database has answered. The lower one fetched what changed before that.`,
      usual(every),
    );
  }
  return caption('usual', usual(every));
}

/** @param {string} every */
const usual = (every) =>
  `Every ${every} the upper cache’s board is too old, and whoever asks next waits for the database. The lower one has fetched what changed before that: its readers are answered from memory.`;

/**
 * @param {string} id
 * @param {string} text
 * @param {string} [spoken]
 * @returns {Caption}
 */
const caption = (id, text, spoken = text) => ({ id, text, spoken });
