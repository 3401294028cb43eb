import { type Alarm, Timer } from '../scheduler.ts';
import { Heap, type Ranked } from './heap.ts';
import { TURN } from './turn.ts';

/** So many are told between two looks at the clock. */
const STRIDE = 32;

/** Any number of timers on one of Node's. */
export class Agenda {
  readonly #due: Heap<Appointment> = new Heap();
  readonly #timer: Timer = new Timer(() => this.#onTimer());
  #isFiring = false;
  /** How many timers the process is to live on for. */
  #held = 0;

  newTimer(onFire: () => void): Alarm {
    return new Call(this, onFire);
  }

  /** @internal */
  arm(appointment: Appointment, delay: number): void {
    this.cancel(appointment);
    if (delay === Infinity) return;
    appointment.rank = performance.now() + delay;
    this.#due.push(appointment);
    if (!this.#isFiring && appointment.rank < this.#timer.dueTick) this.#timer.arm(delay);
  }

  /** @internal */
  cancel(appointment: Appointment): void {
    if (appointment.place >= 0) this.#due.remove(appointment);
    appointment.rank = Infinity;
    // A timer that is early now finds nothing due, and arms itself again.
    if (this.#due.size === 0) this.#timer.cancel();
  }

  /** @internal */
  hold(change: number): void {
    this.#held += change;
    this.#timer.hold(this.#held > 0);
  }

  #onTimer(): void {
    const start = performance.now();
    let now = start;
    this.#isFiring = true;
    for (let told = 1; ; told++) {
      const next = this.#due.peek();
      if (!next || next.rank > now) break;
      this.#due.remove(next);
      next.onFire();
      if (told % STRIDE === 0) {
        now = performance.now();
        if (now - start > TURN) break;
      }
    }
    this.#isFiring = false;
    const next = this.#due.peek();
    if (next) this.#timer.arm(Math.max(0, next.rank - performance.now()));
    else this.#timer.cancel();
  }
}

/** One of its timers. */
export abstract class Appointment implements Alarm, Ranked {
  rank: number = Infinity;
  place = -1;
  #isHeld = false;
  readonly #agenda: Agenda;

  constructor(agenda: Agenda) {
    this.#agenda = agenda;
  }

  abstract onFire(): void;

  get dueTick(): number {
    return this.rank;
  }

  arm(delay: number): void {
    this.#agenda.arm(this, delay);
  }

  cancel(): void {
    this.#agenda.cancel(this);
  }

  hold(held: boolean): void {
    if (held === this.#isHeld) return;
    this.#isHeld = held;
    this.#agenda.hold(held ? 1 : -1);
  }
}

class Call extends Appointment {
  readonly #fn: () => void;

  constructor(agenda: Agenda, fn: () => void) {
    super(agenda);
    this.#fn = fn;
  }

  override onFire(): void {
    this.#fn();
  }
}
