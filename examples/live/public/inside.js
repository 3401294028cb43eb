import { byId, make, setText } from './dom.js';
import { formatCount, formatMs, formatTenths, formatTime } from './format.js';

/** @import { Update } from '../src/show.ts' */
/** @typedef {Update['lanes']['warm']['loads'][number]} Load */

const MOST_LOADS = 8;

const REASONS = {
  start: 'start',
  interval: 'on time',
  read: 'a read',
  invalidate: 'invalidated',
  refresh: 'asked for',
  retry: 'another try',
};

/** What the warm cache is about: its value's age, its next load, and the loads it has done. */
export class Inside {
  #status = byId('status');
  #age = byId('age');
  #next = byId('next');
  #version = byId('version');
  #rows = byId('loads');

  /**
   * @param {Update} update
   * @param {boolean} isFirst
   */
  update({ cache, lanes, now }, isFirst) {
    const { status, loadedAt, load, nextLoadAt, version } = cache;
    setText(this.#status, status);
    this.#status.dataset['status'] = status;
    setText(this.#age, loadedAt === null ? '–' : formatTenths(now - loadedAt));
    setText(this.#next, nextText(load !== null, nextLoadAt, now));
    setText(this.#version, formatCount(version));
    if (isFirst) this.#rows.replaceChildren();
    for (const one of lanes.warm.loads) this.#rows.prepend(rowOf(one));
    while (this.#rows.childElementCount > MOST_LOADS) this.#rows.lastElementChild?.remove();
  }
}

/**
 * @param {boolean} isLoading
 * @param {number | null} nextLoadAt
 * @param {number} now
 */
function nextText(isLoading, nextLoadAt, now) {
  if (isLoading) return 'under way';
  return nextLoadAt === null ? '–' : `in ${formatTenths(nextLoadAt - now)}`;
}

/** @param {Load} load */
function rowOf({ startedAt, reason, outcome, duration, rows, requests, isFull }) {
  const badge = make('span', { className: 'badge' }, outcome);
  badge.dataset['outcome'] = outcome;
  const what =
    outcome === 'published' ? [badge, make('small', {}, isFull ? ' all' : ' changes')] : [badge];
  return make(
    'tr',
    {},
    make('td', {}, formatTime(startedAt)),
    make('td', {}, REASONS[reason]),
    make('td', {}, ...what),
    make('td', { className: 'number' }, formatMs(duration)),
    make('td', { className: 'number' }, `${formatCount(rows)} / ${formatCount(requests)}`),
  );
}
