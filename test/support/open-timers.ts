/**
 * Counts the timers that are armed, from now on and until it is disposed of: those too that are unref'ed, which Node
 * tells nobody of.
 */
export class OpenTimers implements Disposable {
  readonly #open = new Set<unknown>();
  readonly #originals = {
    setTimeout: globalThis.setTimeout,
    clearTimeout: globalThis.clearTimeout,
    setInterval: globalThis.setInterval,
    clearInterval: globalThis.clearInterval,
  };

  /** @param except - Part of the path of a file whose timers are not counted. */
  constructor(except?: string) {
    const { setTimeout, clearTimeout, setInterval, clearInterval } = this.#originals;
    const open = this.#open;
    const clear =
      (original: (timer?: NodeJS.Timeout) => void) =>
      (timer?: NodeJS.Timeout): void => {
        open.delete(timer);
        original(timer);
      };
    Object.assign(globalThis, {
      setTimeout: named(setTimeout, (fn, delay, ...args) => {
        const timer = setTimeout(() => {
          open.delete(timer);
          fn(...args);
        }, delay);
        if (except === undefined || !caller().includes(except)) open.add(timer);
        return timer;
      }),
      setInterval: named(setInterval, (fn, delay, ...args) => {
        const timer = setInterval(fn, delay, ...args);
        open.add(timer);
        return timer;
      }),
      clearTimeout: clear(clearTimeout),
      clearInterval: clear(clearInterval),
    });
  }

  get count(): number {
    return this.#open.size;
  }

  [Symbol.dispose](): void {
    Object.assign(globalThis, this.#originals);
  }
}

type Arm = (fn: (...args: unknown[]) => void, delay?: number, ...args: unknown[]) => NodeJS.Timeout;

/** With what else hangs on the original: what `util.promisify` makes of it. */
function named(original: object, replacement: Arm): Arm {
  return Object.defineProperties(replacement, Object.getOwnPropertyDescriptors(original));
}

/** Whoever called the function that asks. */
function caller(): string {
  return new Error().stack?.split('\n')[3] ?? '';
}
