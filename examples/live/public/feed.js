/** @import { Update } from '../src/show.ts' */

/** Ms after which it is tried again where the browser has given up. */
const RETRY = 2000;

/**
 * Hears what the server has to say, and comes again when the connection breaks.
 * @param {object} listeners
 * @param {(update: Update, isFirst: boolean) => void} listeners.onUpdate - `isFirst`: what was told before is no more.
 * @param {(isConnected: boolean) => void} listeners.onConnection
 */
export function listen({ onUpdate, onConnection }) {
  const source = new EventSource('api/events');
  source.addEventListener('state', ({ data }) => onUpdate(JSON.parse(data), true));
  source.addEventListener('tick', ({ data }) => onUpdate(JSON.parse(data), false));
  source.addEventListener('open', () => onConnection(true));
  source.addEventListener('error', () => {
    onConnection(false);
    // The browser tries again by itself, unless it was answered with an error.
    if (source.readyState !== EventSource.CLOSED) return;
    source.close();
    setTimeout(() => listen({ onUpdate, onConnection }), RETRY);
  });
}

/**
 * Asks the server for something, or to do something.
 * @param {string} path
 * @param {object} [options]
 * @param {unknown} [options.body] - Is posted, as JSON.
 * @param {'GET' | 'POST'} [options.method]
 * @param {AbortSignal} [options.signal]
 * @returns {Promise<any>}
 */
export async function call(
  path,
  { body, method = body === undefined ? 'GET' : 'POST', signal } = {},
) {
  const response = await fetch(`api/${path}`, {
    method,
    signal: signal ?? null,
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
  }).catch((error) => {
    throw signal?.aborted ? error : new Error('the server of this page does not answer');
  });
  const answer = await response.json().catch(() => ({}));
  if (!response.ok) throw new Error(answer.error ?? `HTTP ${response.status}`);
  return answer;
}
