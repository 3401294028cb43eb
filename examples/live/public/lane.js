import { Chart } from './chart.js';
import { byId, make, setText } from './dom.js';
import { formatCount, formatMs } from './format.js';

/** @import { Update } from '../src/show.ts' */
/** @typedef {Update['lanes']['lazy']} LaneUpdate */

const FIGURES = /** @type {const} */ ([
  ['p50', 'p50', 'half of them'],
  ['p99', 'p99', '99 of 100'],
  ['worst', 'worst', 'the longest'],
  ['waited', 'over 20 ms', 'of all'],
  ['failed', 'failed', 'got an error'],
]);

/** Ms between two summaries in words. */
const SUMMARY_INTERVAL = 5000;

/** One lane of the page: its figures, and its chart. */
export class Lane {
  #chart;
  #summary;
  #summedUpAt = 0;
  /** @type {Map<string, HTMLElement>} */
  #figures = new Map();
  #note;

  /** @param {'lazy' | 'warm'} id */
  constructor(id) {
    const section = byId(id);
    const canvas = /** @type {HTMLCanvasElement} */ (section.querySelector('canvas'));
    const list = /** @type {HTMLElement} */ (section.querySelector('.figures'));
    this.#chart = new Chart(canvas);
    this.#summary = byId(`${id}-summary`);
    for (const [key, term, note] of FIGURES) {
      const value = make('dd', {}, '–');
      value.dataset['figure'] = key;
      list.append(
        make('div', {}, make('dt', {}, term), value, make('dd', { className: 'note' }, note)),
      );
      this.#figures.set(key, value);
    }
    this.#note = /** @type {HTMLElement} */ (this.#figures.get('waited')?.nextElementSibling);
  }

  /**
   * @param {LaneUpdate} lane
   * @param {number} now
   * @param {boolean} isFirst
   */
  update(lane, now, isFirst) {
    if (isFirst) this.#chart.clear();
    this.#chart.add(lane, now);
    const { p50, p99, worst, waited, failed, requests } = lane.statistics;
    this.#set('p50', formatMs(p50));
    this.#set('p99', formatMs(p99));
    this.#set('worst', formatMs(worst));
    this.#set('waited', formatCount(waited), waited > 0);
    this.#set('failed', formatCount(failed), failed > 0);
    setText(this.#note, `of ${formatCount(requests)}`);
    if (now - this.#summedUpAt > SUMMARY_INTERVAL) {
      this.#summedUpAt = now;
      this.#sumUp();
    }
  }

  /**
   * @param {number} now
   * @param {readonly { from: number, to: number }[]} outages
   */
  draw(now, outages) {
    this.#chart.draw(now, outages);
  }

  /**
   * @param {string} key
   * @param {string} text
   * @param {boolean} [isBad]
   */
  #set(key, text, isBad = false) {
    const figure = this.#figures.get(key);
    if (!figure) return;
    setText(figure, text);
    figure.classList.toggle('bad', isBad);
    figure.classList.toggle('good', text === '0');
  }

  #sumUp() {
    const { requests, waits, failed, worst, waiting } = this.#chart.summary();
    setText(
      this.#summary,
      `In the last 30 seconds: ${formatCount(requests)} requests, the slowest took ${formatMs(worst)}; ` +
        `${formatCount(waits)} waited more than 20 ms, ${formatCount(failed)} failed, ${formatCount(waiting)} wait now.`,
    );
  }
}
