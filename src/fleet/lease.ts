import { Timer } from '../scheduler.ts';
import type { FleetGrant } from './store.ts';

/** The right to load, kept until it is used or lost. */
export class Lease {
  readonly grant: FleetGrant;
  /** Whether it is still to be renewed: not once its load has ended. */
  isHeld = true;
  readonly #timer: Timer;
  readonly #every: number;

  /**
   * @param time - Ms that it lasts: it is renewed at a third of that.
   * @param renew - Resolves with whether it could be, `undefined` where that isn't known.
   */
  constructor(
    grant: FleetGrant,
    time: number,
    renew: (grant: FleetGrant) => Promise<boolean | undefined>,
    onLost: () => void,
  ) {
    this.grant = grant;
    this.#every = time / 3;
    this.#timer = new Timer(async () => {
      const isMine = await renew(grant);
      if (!this.isHeld) return;
      if (isMine === false) {
        this.end();
        onLost();
      } else this.#timer.arm(this.#every);
    });
    this.#timer.arm(this.#every);
  }

  end(): void {
    this.isHeld = false;
    this.#timer.cancel();
  }
}
