import { byId, make, onUse, setDisabled, setText } from './dom.js';
import { call } from './feed.js';
import { countryName, formatCount, raceName } from './format.js';

/** @import { Show } from '../src/show.ts' */
/** @typedef {ReturnType<Show['page']>} Page */
/** @typedef {Page['rows'][number]} Row */

/** Ms for which it is told that a rank has changed. */
const MARK = 7000;
const UNKNOWN = 'none';

/** The leaderboard: its filters, its pages, and what has changed in them. */
export class Board {
  #form = /** @type {HTMLFormElement} */ (byId('filters'));
  #rows = byId('rows');
  #error = byId('board-error');
  #buttons = {
    first: byId('first'),
    previous: byId('previous'),
    following: byId('following'),
    last: byId('last'),
  };
  #page = 1;
  #totalPages = 1;
  #version = -1;
  /** What the ranks are that stand there, and of which list. */
  #shown = { query: '', ranks: /** @type {Map<string, number>} */ (new Map()) };
  /** @type {Map<string, { change: number, until: number }>} */
  #marks = new Map();
  /** @type {{ key: string, until: number } | undefined} */
  #followed;
  /** @type {AbortController | undefined} */
  #asking;
  /** What was chosen before there was anything to choose from. */
  #wanted = new URLSearchParams(location.search);

  constructor() {
    this.#page = Math.max(1, Math.trunc(Number(this.#wanted.get('page'))) || 1);
    this.#best().checked = this.#wanted.get('best') === '1';
    this.#form.addEventListener('change', () => this.#turnTo(1));
    this.#form.addEventListener('reset', (event) => {
      event.preventDefault();
      for (const box of this.#boxes()) box.checked = false;
      byId('countries').querySelector('summary')?.focus();
      this.#turnTo(1);
    });
    this.#form.addEventListener('submit', (event) => event.preventDefault());
    const { first, previous, following, last } = this.#buttons;
    onUse(first, () => this.#turnTo(1));
    onUse(previous, () => this.#turnTo(this.#page - 1));
    onUse(following, () => this.#turnTo(this.#page + 1));
    onUse(last, () => this.#turnTo(this.#totalPages));
    closeOutside(/** @type {HTMLDetailsElement} */ (byId('countries')));
  }

  /** What is asked for, as a query string. */
  query() {
    const query = new URLSearchParams();
    const chosen = this.#form.dataset['ready']
      ? /** @type {[string, string][]} */ ([...new FormData(this.#form)])
      : [...this.#wanted].filter(([name]) => ['country', 'race', 'best'].includes(name));
    for (const [name, value] of chosen) query.append(name, value);
    if (this.#page > 1) query.set('page', String(this.#page));
    return query.toString();
  }

  /**
   * Shows the board anew where there is another version of it.
   * @param {number} version
   */
  renew(version) {
    if (version === this.#version || this.#asking) return;
    void this.#ask();
  }

  /**
   * Points at a row for a while.
   * @param {string} key
   * @param {number} change - By how many ranks it has changed.
   */
  async follow(key, change) {
    const until = performance.now() + MARK;
    this.#followed = { key, until };
    this.#marks.set(key, { change, until });
    await this.#ask();
  }

  /** @param {string} key */
  has(key) {
    return this.#shown.ranks.has(key);
  }

  /** @param {number} page */
  async show(page) {
    await this.#turnTo(page);
  }

  /** @param {number} page */
  #turnTo(page) {
    this.#page = Math.max(1, page);
    const query = this.query();
    history.replaceState(null, '', query ? `?${query}` : location.pathname);
    return this.#ask();
  }

  async #ask() {
    this.#asking?.abort();
    const asking = new AbortController();
    this.#asking = asking;
    byId('board').setAttribute('aria-busy', 'true');
    const query = this.query();
    try {
      /** @type {Page} */
      const page = await call(`board?${query}`, { signal: asking.signal });
      if (page.totalPages > 0 && page.page > page.totalPages) {
        await this.#turnTo(page.totalPages);
        return;
      }
      this.#error.hidden = true;
      this.#render(page, query);
    } catch (error) {
      if (asking.signal.aborted) return;
      // What stands there stays.
      this.#error.hidden = false;
      setText(
        this.#error,
        `The board could not be shown: ${/** @type {Error} */ (error).message}.`,
      );
    } finally {
      if (this.#asking === asking) {
        this.#asking = undefined;
        byId('board').setAttribute('aria-busy', 'false');
      }
    }
  }

  /**
   * @param {Page} page
   * @param {string} query
   */
  #render(page, query) {
    this.#offer(page);
    this.#version = page.version;
    this.#totalPages = Math.max(1, page.totalPages);
    this.#markChanges(page.rows, query);
    this.#rows.replaceChildren(...page.rows.map((row) => this.#row(row)));
    if (page.rows.length === 0) {
      const cell = make('td', { className: 'none' }, 'Nobody is like that.');
      cell.colSpan = 5;
      this.#rows.append(make('tr', {}, cell));
    }
    const what = this.#best().checked ? 'players' : 'player-races';
    setText(byId('total'), `${formatCount(page.totalRows)} ${what}`);
    setText(byId('page'), `Page ${formatCount(this.#page)} of ${formatCount(this.#totalPages)}`);
    const { first, previous, following, last } = this.#buttons;
    for (const button of [first, previous]) setDisabled(button, this.#page <= 1);
    for (const button of [following, last]) setDisabled(button, this.#page >= this.#totalPages);
    const countries = this.#boxes().filter(({ name, checked }) => name === 'country' && checked);
    setText(byId('countries-chosen'), chosenText(countries.map(({ value }) => value)));
    byId('clear').hidden = !this.#boxes().some(({ checked }) => checked);
  }

  /**
   * @param {readonly Row[]} rows
   * @param {string} query
   */
  #markChanges(rows, query) {
    const now = performance.now();
    for (const [key, { until }] of this.#marks) if (until < now) this.#marks.delete(key);
    const isSameList = this.#shown.query === query;
    for (const { key, rank } of rows) {
      const before = isSameList ? this.#shown.ranks.get(key) : undefined;
      if (before !== undefined && before !== rank && this.#followed?.key !== key) {
        this.#marks.set(key, { change: before - rank, until: now + MARK });
      }
    }
    if (this.#followed && this.#followed.until < now) this.#followed = undefined;
    this.#shown = { query, ranks: new Map(rows.map(({ key, rank }) => [key, rank])) };
  }

  /** @param {Row} row */
  #row({ key, rank, name, country, race, score }) {
    const change = this.#marks.get(key)?.change ?? 0;
    const isFollowed = this.#followed?.key === key;
    const code = make('span', { className: 'code' }, country ?? '–');
    code.setAttribute('aria-hidden', 'true');
    const row = make(
      'tr',
      { className: isFollowed ? 'followed' : '' },
      make(
        'td',
        { className: 'number' },
        ...(change === 0 ? [] : [markOf(change)]),
        formatCount(rank),
      ),
      make('th', { scope: 'row' }, name),
      make(
        'td',
        { className: 'country' },
        make('span', { className: 'name' }, countryName(country)),
        code,
      ),
      make('td', {}, raceName(race)),
      make('td', { className: 'number' }, formatCount(score)),
    );
    row.dataset['key'] = key;
    return row;
  }

  /** Offers the countries and races there are, once. @param {Page} page */
  #offer({ countries, races }) {
    if (this.#form.dataset['ready']) return;
    const byName = [...countries].sort((a, b) =>
      countryName(a).localeCompare(countryName(b), 'en'),
    );
    byId('country-choices').replaceChildren(
      ...byName.map((code) => this.#choice('country', code, countryName(code))),
      this.#choice('country', UNKNOWN, countryName(null)),
    );
    byId('race-choices').replaceChildren(
      ...races.map((race) => this.#choice('race', race, raceName(race))),
    );
    this.#form.dataset['ready'] = 'true';
  }

  /**
   * @param {string} name
   * @param {string} value
   * @param {string} label
   */
  #choice(name, value, label) {
    const box = Object.assign(document.createElement('input'), { type: 'checkbox', name, value });
    box.checked = this.#wanted.getAll(name).includes(value);
    return make('label', {}, box, make('span', {}, label));
  }

  #boxes() {
    return /** @type {HTMLInputElement[]} */ ([...this.#form.querySelectorAll('input')]);
  }

  #best() {
    return /** @type {HTMLInputElement} */ (this.#form.elements.namedItem('best'));
  }
}

/** @param {readonly string[]} values */
function chosenText(values) {
  if (values.length === 0) return 'all';
  const names = values.map((value) => (value === UNKNOWN ? 'not known' : value));
  return names.length > 3
    ? `${names.slice(0, 2).join(', ')} and ${names.length - 2} more`
    : names.join(', ');
}

/** @param {number} change */
function markOf(change) {
  const isUp = change > 0;
  const mark = make('span', { className: isUp ? 'mark up' : 'mark down' });
  const sign = make('span', {}, `${isUp ? '▲' : '▼'}${formatCount(Math.abs(change))}`);
  sign.setAttribute('aria-hidden', 'true');
  mark.append(
    sign,
    make('span', { className: 'hidden' }, `${isUp ? 'up' : 'down'} ${Math.abs(change)}, now `),
  );
  return mark;
}

/**
 * Closes a menu by Escape, and when something else is used.
 * @param {HTMLDetailsElement} menu
 */
function closeOutside(menu) {
  const close = (/** @type {Event} */ { target }) => {
    if (target instanceof Node && !menu.contains(target)) menu.open = false;
  };
  document.addEventListener('pointerdown', close);
  document.addEventListener('focusin', close);
  menu.addEventListener('keydown', ({ key }) => {
    if (key !== 'Escape' || !menu.open) return;
    menu.open = false;
    menu.querySelector('summary')?.focus();
  });
}
