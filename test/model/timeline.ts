// A counterexample, as what happened one after the other.

interface Line {
  readonly tick: number;
  readonly wall: number;
  readonly who: 'cache' | 'call' | 'model' | 'user';
  readonly what: string;
  readonly depth: number;
}

/** Takes down what happens, if anybody wants to read it. */
export class Timeline {
  /** Calls within calls are indented. */
  depth = 0;
  readonly #lines: Line[] | undefined;
  #first: { readonly tick: number; readonly wall: number } | undefined;

  constructor(isRead: boolean) {
    this.#lines = isRead ? [] : undefined;
  }

  /** `call`: of a method; `user`: what loader and others do; `cache`: what is seen of it; `model`: what it expects. */
  add(who: Line['who'], what: () => string): void {
    if (!this.#lines) return;
    const tick = performance.now();
    const wall = Date.now();
    this.#first ??= { tick, wall };
    const { tick: zero, wall: epoch } = this.#first;
    this.#lines.push({
      tick: tick - zero,
      wall: wall - epoch,
      who,
      what: what(),
      depth: this.depth,
    });
  }

  toString(): string {
    const signs = { call: '', user: '  loader ', cache: '  cache  ', model: '  model  ' };
    let before = '';
    return (this.#lines ?? [])
      .map(({ tick, wall, who, what, depth }) => {
        const jumped = Math.round(wall - tick);
        const clock = jumped === 0 ? '' : ` (clock ${jumped > 0 ? '+' : ''}${jumped})`;
        const time = `${Math.round(tick)} ms${clock}`;
        const shown = time === before ? '' : time;
        before = time;
        return `${shown.padStart(12)} │ ${'  '.repeat(depth)}${signs[who]}${what}`;
      })
      .join('\n');
  }
}
