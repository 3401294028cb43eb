import { heightOf, PATIENCE, TICKS } from './scale.js';

/** @import { Update } from '../src/show.ts' */
/** @typedef {Update['lanes']['lazy']} Lane */

/** Ms that are drawn. */
const WINDOW = 30_000;
const AXIS = 48;
const TOP = 10;
const FOOT = 26;
const RADIUS = 1.75;

/** A lane's requests as dots: when they came, from left to right, and how long they took, on a logarithmic axis. */
export class Chart {
  /** @type {HTMLCanvasElement} */
  #canvas;
  /** @type {CanvasRenderingContext2D} */
  #context;
  /** @type {Lane['samples'][number][]} */
  #samples = [];
  /** @type {Lane['loads'][number][]} */
  #loads = [];
  /** @type {Lane['pending']} */
  #pending = [];
  #width = 0;
  #height = 0;

  /** @param {HTMLCanvasElement} canvas */
  constructor(canvas) {
    this.#canvas = canvas;
    this.#context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
    new ResizeObserver(() => this.#fit()).observe(canvas);
    this.#fit();
  }

  /**
   * @param {Lane} lane
   * @param {number} now
   */
  add({ samples, loads, pending }, now) {
    this.#samples.push(...samples);
    this.#loads.push(...loads);
    this.#pending = pending;
    const isGone = (/** @type {number} */ at) => at < now - WINDOW - 1000;
    // In the order of their ends: one that took long may stand behind later ones.
    if (this.#samples[0] && isGone(this.#samples[0][0])) {
      this.#samples = this.#samples.filter(([at]) => !isGone(at));
    }
    this.#loads = this.#loads.filter(({ startedAt, duration }) => !isGone(startedAt + duration));
  }

  clear() {
    this.#samples = [];
    this.#loads = [];
    this.#pending = [];
  }

  /** What is drawn, in words for those who don't see it. */
  summary() {
    const waits = this.#samples.filter(([, ms]) => ms > PATIENCE).length;
    const failed = this.#samples.filter(([, , isFailed]) => isFailed).length;
    const worst = this.#samples.reduce((most, [, ms]) => Math.max(most, ms), 0);
    return { requests: this.#samples.length, waits, failed, worst, waiting: this.#pending.length };
  }

  /**
   * @param {number} now - Epoch ms by the server's clock.
   * @param {readonly { from: number, to: number }[]} outages - Of the database.
   */
  draw(now, outages) {
    const style = getComputedStyle(this.#canvas);
    const color = (/** @type {string} */ name) => style.getPropertyValue(`--${name}`);
    const context = this.#context;
    const right = this.#width - 8;
    const bottom = this.#height - FOOT;
    const x = (/** @type {number} */ at) => right - ((now - at) / WINDOW) * (right - AXIS);
    const y = (/** @type {number} */ ms) => bottom - heightOf(ms) * (bottom - TOP);
    const within = (/** @type {number} */ at) => Math.min(right, Math.max(AXIS, x(at)));

    context.clearRect(0, 0, this.#width, this.#height);
    context.font = `11px ${style.fontFamily}`;
    context.textBaseline = 'middle';

    context.fillStyle = color('zone');
    context.fillRect(AXIS, TOP, right - AXIS, y(PATIENCE) - TOP);
    for (const { from, to } of outages) {
      const [start, end] = [within(from), within(Math.min(to, now))];
      context.fillStyle = color('outage');
      context.fillRect(start, TOP, end - start, bottom - TOP);
      // Below the dots, and beside what stands there.
      const place = Math.max(start, AXIS + 64);
      if (end - place < 100 || place + 100 > right - 32) continue;
      context.textAlign = 'left';
      context.fillStyle = color('fail');
      context.fillText('database stopped', place, this.#height - 8);
    }
    context.textAlign = 'left';
    context.fillStyle = color('muted');
    context.fillText('somebody waits', AXIS + 8, TOP + 7);

    context.textAlign = 'right';
    context.lineWidth = 1;
    for (const { ms, label } of TICKS) {
      const isLimit = ms === PATIENCE;
      context.strokeStyle = color(isLimit ? 'muted' : 'line');
      context.setLineDash(isLimit ? [4, 4] : []);
      line(context, AXIS, Math.round(y(ms)) + 0.5, right);
      context.fillStyle = color(isLimit ? 'ink' : 'muted');
      context.fillText(label, AXIS - 8, y(ms));
    }
    context.setLineDash([]);
    context.textAlign = 'left';
    context.fillStyle = color('muted');
    context.fillText('30 s ago', AXIS, this.#height - 8);
    context.textAlign = 'right';
    context.fillText('now', right, this.#height - 8);

    context.fillStyle = color('load');
    for (const { startedAt, duration } of this.#loads) {
      const start = within(startedAt);
      context.fillRect(start, bottom + 3, Math.max(2, within(startedAt + duration) - start), 3);
    }

    const answered = new Path2D();
    const failed = new Path2D();
    for (const [at, ms, isFailed] of this.#samples) {
      const [left, top] = [x(at), y(ms)];
      if (left < AXIS) continue;
      if (isFailed) cross(failed, left, top);
      else dot(answered, left, top, RADIUS);
    }
    context.fillStyle = color('dot');
    context.fill(answered);
    context.lineWidth = 1.5;
    context.strokeStyle = color('fail');
    context.stroke(failed);

    const waiting = new Path2D();
    for (const at of this.#pending) {
      const ms = now - at;
      if (ms > PATIENCE && x(at) >= AXIS) dot(waiting, x(at), y(ms), 2.5);
    }
    context.strokeStyle = color('dot');
    context.stroke(waiting);
  }

  #fit() {
    const { clientWidth, clientHeight } = this.#canvas;
    const scale = window.devicePixelRatio || 1;
    this.#width = clientWidth;
    this.#height = clientHeight;
    this.#canvas.width = Math.round(clientWidth * scale);
    this.#canvas.height = Math.round(clientHeight * scale);
    this.#context.scale(scale, scale);
  }
}

/**
 * @param {Path2D} path
 * @param {number} x
 * @param {number} y
 * @param {number} radius
 */
function dot(path, x, y, radius) {
  path.moveTo(x + radius, y);
  path.arc(x, y, radius, 0, 2 * Math.PI);
}

/**
 * @param {Path2D} path
 * @param {number} x
 * @param {number} y
 */
function cross(path, x, y) {
  path.moveTo(x - 2.5, y - 2.5);
  path.lineTo(x + 2.5, y + 2.5);
  path.moveTo(x + 2.5, y - 2.5);
  path.lineTo(x - 2.5, y + 2.5);
}

/**
 * @param {CanvasRenderingContext2D} context
 * @param {number} from
 * @param {number} y
 * @param {number} to
 */
function line(context, from, y, to) {
  context.beginPath();
  context.moveTo(from, y);
  context.lineTo(to, y);
  context.stroke();
}
