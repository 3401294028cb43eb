import FakeTimers from '@sinonjs/fake-timers';

const { setImmediate: nextTurn, setTimeout: realTimeout } = globalThis;

/** The smallest step of the fake clock, in ms: every time in a scenario is a multiple of it. */
const STEP = 10;

/** What passes time in a scenario. */
export interface Time {
  /** Lets everything happen that can happen without time passing. */
  turn(): Promise<void>;
  advance(ms: number): Promise<void>;
}

async function turn(): Promise<void> {
  for (let i = 0; i < 2; i++) await new Promise<void>((resolve) => nextTurn(resolve));
}

/** Random numbers that are the same in each run, so that jitter is. */
function seededRandom(): () => number {
  let state = 1;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** To be called before any library is loaded: some keep the clock and the timers that they find then. */
export function fakeTime(): Time {
  Math.random = seededRandom();
  const clock = FakeTimers.install({
    now: Date.UTC(2030, 0),
    toFake: ['Date', 'performance', 'setTimeout', 'clearTimeout', 'setInterval', 'clearInterval'],
  });
  AbortSignal.timeout = (ms) => {
    const controller = new AbortController();
    setTimeout(() => controller.abort(new DOMException('Timed out', 'TimeoutError')), ms);
    return controller.signal;
  };
  return {
    turn,
    async advance(ms) {
      for (let passed = 0; passed < ms; passed += STEP) {
        clock.tick(Math.min(STEP, ms - passed));
        await turn();
      }
    },
  };
}

export const realTime: Time = {
  turn,
  advance: (ms) => new Promise((resolve) => realTimeout(resolve, ms)),
};
