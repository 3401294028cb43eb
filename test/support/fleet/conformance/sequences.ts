import fc from 'fast-check';
import { expect, test } from 'vitest';
import type {
  FleetCall,
  FleetContent,
  FleetGrant,
  FleetKnown,
  FleetRecord,
  FleetStore,
} from '../../../../src/fleet/store.ts';
import { memoryServer } from '../memory-store.ts';
import { Desk, LONG, NOTHING, type Subject, type Traits } from './subject.ts';

type Step =
  | { readonly do: 'claim'; readonly back: number; readonly force: boolean }
  | { readonly do: 'forget' }
  | { readonly do: 'read' }
  | { readonly do: 'invalidate'; readonly purge: boolean }
  | { readonly do: 'publish'; readonly grant: number; readonly payload: string }
  | { readonly do: 'put'; readonly payload: string }
  | { readonly do: 'release'; readonly grant: number; readonly rest: number }
  | { readonly do: 'renew'; readonly grant: number }
  | { readonly do: 'renewal'; readonly grant: number; readonly back: number };

interface Asked {
  readonly step: Step;
  /** What the caller knows: nothing, what it saw last, or more of it than the server can have. */
  readonly known: 'less' | 'more' | 'nothing' | 'other' | 'right';
}

const payload = fc.constantFrom('a', 'b', 'x'.repeat(5000));
/** How many before the last. */
const back = fc.nat({ max: 2 });
const flag = fc.boolean();
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 10, arbitrary: of('claim', { back, force: flag }) },
  { weight: 8, arbitrary: of('publish', { grant: back, payload }) },
  { weight: 6, arbitrary: of('renewal', { grant: back, back }) },
  { weight: 2, arbitrary: of('renew', { grant: back }) },
  { weight: 6, arbitrary: of('release', { grant: back, rest: fc.constantFrom(0, LONG) }) },
  { weight: 4, arbitrary: of('invalidate', { purge: flag }) },
  { weight: 4, arbitrary: of('put', { payload }) },
  { weight: 2, arbitrary: of('read', {}) },
  { weight: 1, arbitrary: of('forget', {}) },
);
const known: fc.Arbitrary<Asked['known']> = fc.oneof(
  { weight: 12, arbitrary: fc.constantFrom<Asked['known'][]>('nothing', 'right', 'less', 'other') },
  { weight: 1, arbitrary: fc.constant('more' as const) },
);

function of<D extends Step['do'], F extends object>(
  name: D,
  fields: { [K in keyof F]: fc.Arbitrary<F[K]> },
): fc.Arbitrary<{ do: D } & F> {
  return fc.record(fields).map((given) => ({ do: name, ...given }) as { do: D } & F);
}

/** One store, as one that does random things sees it. */
class Player {
  readonly #store: FleetStore;
  readonly #forget: () => Promise<void>;
  readonly #grants: FleetGrant[] = [];
  #known: FleetKnown = NOTHING;
  #entryFence = 0;
  /** In the order in which they were seen: what is random itself can't be compared. */
  readonly #epochs: string[] = [];

  constructor(store: FleetStore, forget: () => Promise<void>) {
    this.#store = store;
    this.#forget = forget;
  }

  /** @returns What can be compared of the answer. */
  async do({ step, known }: Asked, turn: number): Promise<unknown> {
    if (step.do === 'forget') return this.#forget();
    const answer = await this.#ask(step, this.#call(known), turn);
    return this.#plain(answer);
  }

  epochs(text: string): string {
    return this.#epochs.reduce((plain, epoch, i) => plain.replaceAll(epoch, `epoch ${i}`), text);
  }

  async #ask(
    step: Exclude<Step, { do: 'forget' }>,
    call: FleetCall,
    turn: number,
  ): Promise<unknown> {
    const store = this.#store;
    switch (step.do) {
      case 'read':
        return store.read(call);
      case 'claim':
        return this.#claim(call, turn, step);
      case 'renew':
        return store.renew(call, this.#grant(step.grant), LONG);
      case 'publish':
        return store.publish(call, this.#grant(step.grant), content(step.payload, turn));
      case 'renewal': {
        const version = this.#known.version - step.back;
        const renewal = { version, token: `token ${turn}`, ttl: LONG };
        return store.publish(call, this.#grant(step.grant), renewal);
      }
      case 'release':
        return store.release(call, this.#grant(step.grant), step.rest, `reason ${turn}`);
      case 'invalidate':
        return store.invalidate(call, step.purge);
      default:
        return store.put(call, content(step.payload, turn));
    }
  }

  async #claim(
    call: FleetCall,
    turn: number,
    { back, force }: { readonly back: number; readonly force: boolean },
  ): Promise<unknown> {
    const holder = `holder ${turn}`;
    const have = Math.max(0, this.#entryFence - Math.max(0, back - 1));
    const answer = await this.#store.claim(call, { holder, leaseTime: LONG, have, force });
    const { epoch, generation, fence } = answer.record;
    if (answer.granted) this.#grants.push({ epoch, generation, fence, holder });
    return answer;
  }

  #grant(back: number): FleetGrant {
    return this.#grants.at(-1 - back) ?? { epoch: '', generation: 0, fence: 0, holder: '' };
  }

  #call(how: Asked['known']): FleetCall {
    const seen = this.#known;
    const known = {
      nothing: NOTHING,
      right: seen,
      less: { ...seen, seq: 0, fence: 0, generation: Math.max(0, seen.generation - 1), version: 0 },
      other: { ...seen, epoch: 'another' },
      more: { ...seen, seq: seen.seq + 1000 },
    }[how];
    return { source: 'player', keep: LONG, known };
  }

  #plain(answer: unknown): unknown {
    const text = JSON.stringify(answer, (name, value: unknown) => {
      if (name === 'epoch') this.#note(value as string);
      if (name === 'age') return undefined;
      return name === 'leaseLeft' ? (value as number) > 0 : value;
    });
    const record = (answer as { record?: object } | undefined)?.record ?? answer;
    if (record && typeof record === 'object' && 'epoch' in record)
      this.#look(record as FleetRecord);
    return text === undefined ? undefined : JSON.parse(this.epochs(text));
  }

  #note(epoch: string): void {
    if (!this.#epochs.includes(epoch)) this.#epochs.push(epoch);
  }

  #look({ epoch, seq, generation, fence, entry }: FleetRecord): void {
    this.#known = { epoch, seq, generation, fence, version: entry?.version ?? 0 };
    this.#entryFence = entry?.fence ?? 0;
  }
}

/** Against what was stated plainly. */
export function testSequences(
  subject: () => Subject,
  { sequences = 25, steps = 30 }: Traits,
): void {
  test('whatever is asked in turn, the answers and messages are those of the reference', async () => {
    const asked = fc.array(fc.record({ step, known }), { minLength: 5, maxLength: steps });
    await fc.assert(
      fc.asyncProperty(asked, async (turns) => {
        const desk = new Desk(subject());
        const server = memoryServer();
        const player = new Player(desk.store, () => desk.forget());
        const reference = new Player(server.store(), async () => server.wipe());
        const heard = await desk.hearing();
        for (const [i, turn] of turns.entries()) {
          const expected = await reference.do(turn, i);
          expect(await player.do(turn, i)).toEqual(expected);
        }
        const messages = await heard.first(server.messages.length);
        const plain = (who: Player, all: readonly unknown[]): unknown =>
          JSON.parse(who.epochs(JSON.stringify(all, (name, v) => (name === 'ttlLeft' ? !v : v))));
        expect(plain(player, messages)).toEqual(
          plain(
            reference,
            server.messages.map((text) => JSON.parse(text) as unknown),
          ),
        );
        await heard.end();
      }),
      { numRuns: sequences },
    );
  });
}

function content(payload: string, turn: number): FleetContent {
  return { payload, hash: `#${payload.slice(0, 9)}`, token: `token ${turn}`, ttl: LONG };
}
