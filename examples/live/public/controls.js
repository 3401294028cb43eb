import { byId, onUse, setDisabled, setText } from './dom.js';
import { call } from './feed.js';
import { formatCount } from './format.js';

/** @import { MatchReport, Update } from '../src/show.ts' */
/** @import { Board } from './board.js' */

const STEP = 10;
const MOST_READERS = 100;

const DATABASE = {
  running: { button: 'Stop the database', state: 'The database is running.' },
  stopping: { button: 'Stopping …', state: 'The database is being stopped.' },
  stopped: { button: 'Start the database', state: 'The database is stopped.' },
  starting: { button: 'Starting …', state: 'The database is starting.' },
};

/** The buttons. */
export class Controls {
  isPaused = false;
  #board;
  #report = byId('report');
  #database = byId('database');
  #fewer = byId('fewer');
  #more = byId('more');
  #follow = byId('follow');
  /** @type {Update['database']} */
  #state = 'running';
  #page = 1;

  /** @param {Board} board */
  constructor(board) {
    this.#board = board;
    onUse(this.#report, () => this.#reportMatch());
    onUse(this.#database, () => this.#switch());
    onUse(this.#fewer, () => this.#changeReaders(-STEP));
    onUse(this.#more, () => this.#changeReaders(STEP));
    onUse(this.#follow, () => this.#showWinner());
    onUse(byId('reset'), () =>
      this.#try(() => call('reset', { method: 'POST' }), 'Counting began anew.'),
    );
    onUse(byId('pause'), () => {
      this.isPaused = !this.isPaused;
      byId('pause').setAttribute('aria-pressed', String(this.isPaused));
    });
  }

  /** @param {Update} update */
  update({ database, readers }) {
    this.#state = database;
    setText(this.#database, DATABASE[database].button);
    setText(byId('database-state'), DATABASE[database].state);
    this.#database.dataset['state'] = database;
    setDisabled(this.#database, database === 'starting' || database === 'stopping');
    setText(byId('readers'), formatCount(readers));
    setDisabled(this.#fewer, readers <= 0);
    setDisabled(this.#more, readers >= MOST_READERS);
  }

  async #reportMatch() {
    setDisabled(this.#report, true);
    this.#follow.hidden = true;
    await this.#try(async () => {
      /** @type {MatchReport} */
      const report = await call(`matches?${this.#board.query()}`, { method: 'POST' });
      const { winner, before, after } = report;
      await this.#board.follow(winner.key, before.rank - after.rank);
      this.#page = report.page;
      this.#follow.hidden = this.#board.has(winner.key);
      return reportText(report);
    });
    setDisabled(this.#report, false);
  }

  async #showWinner() {
    this.#follow.hidden = true;
    this.#report.focus();
    await this.#board.show(this.#page);
  }

  async #switch() {
    const running = this.#state === 'stopped';
    setDisabled(this.#database, true);
    await this.#try(() => call('database', { body: { running } }), '');
  }

  /** @param {number} by */
  #changeReaders(by) {
    return this.#try(() => call('readers', { body: { by } }), '');
  }

  /**
   * Does something, and says what came of it.
   * @param {() => Promise<unknown>} action
   * @param {string} [words] - What to say; otherwise what the action answers.
   */
  async #try(action, words) {
    const outcome = byId('outcome');
    try {
      const answer = await action();
      setText(outcome, words ?? String(answer));
      outcome.classList.remove('bad');
    } catch (error) {
      setText(outcome, `That did not work: ${/** @type {Error} */ (error).message}.`);
      outcome.classList.add('bad');
    }
    outcome.hidden = outcome.textContent === '';
  }
}

/** @param {MatchReport} report */
function reportText({ winner, loser, before, after, ms }) {
  const rating = `${formatCount(before.score)} → ${formatCount(after.score)}`;
  const rank =
    before.rank === after.rank
      ? `still rank ${formatCount(after.rank)}`
      : `rank ${formatCount(before.rank)} → ${formatCount(after.rank)}`;
  return `${winner.name} beat ${loser.name}: ${rating}, ${rank}. The next read had it, ${formatCount(ms)} ms after the report.`;
}
