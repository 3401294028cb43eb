import { expect, test, vi } from 'vitest';
import { contentOf, Desk, LONG, type Subject, type Traits, timeless } from './subject.ts';

export function testRecords(subject: () => Subject, { fewCalls = 500 }: Traits): void {
  test('a record is made where there is none, with nothing in it', async () => {
    const desk = new Desk(subject());
    const record = await desk.read();
    expect(record).toEqual({
      epoch: expect.stringMatching(/./),
      seq: 0,
      generation: 0,
      fence: 0,
      leaseLeft: 0,
      resting: '',
      entry: undefined,
    });
    expect((await desk.read()).epoch).toBe(record.epoch);
  });

  test('each operation makes one', async () => {
    const grant = { epoch: 'gone', generation: 0, fence: 1, holder: 'x' };
    const operations: ((desk: Desk) => Promise<unknown>)[] = [
      (desk) => desk.claim(),
      (desk) => desk.store.renew(desk.call(), grant, LONG),
      (desk) => desk.store.publish(desk.call(), grant, contentOf('a')),
      (desk) => desk.release(grant),
      (desk) => desk.invalidate(),
      (desk) => desk.put('a', {}, {}),
    ];
    for (const operation of operations) {
      const desk = new Desk(subject());
      const before = await desk.read();
      await desk.forget();
      await operation(desk);
      const after = await desk.read({ epoch: before.epoch, seq: 9, fence: 9, version: 9 });
      expect(after.epoch).not.toBe(before.epoch);
    }
  });

  test('two records have two epochs, and nothing else in common', async () => {
    const [a, b] = [new Desk(subject()), new Desk(subject())];
    await a.publish('of a');
    await a.granted();
    const [recordA, recordB] = [await a.read(), await b.read()];
    expect(recordB.epoch).not.toBe(recordA.epoch);
    expect(recordB).toMatchObject({ seq: 0, fence: 0, leaseLeft: 0, entry: undefined });
    expect((await b.claim()).granted).toBe(true);
    const heard = await b.hearing();
    await a.invalidate();
    await b.put('of b');
    expect((await heard.first(1))[0]).toMatchObject({ act: 'publish', value: 'of b' });
    await heard.end();
  });

  test('keys keep apart, whatever is in them', async () => {
    const { key } = new Desk(subject());
    const keys = [
      key,
      `${key}:lease`,
      `${key}}`,
      `${key}{x}`,
      `${key} é😀`,
      `${key}'"\\`,
      `${key}:`,
    ];
    const desks = keys.map((name) => new Desk(subject(), name));
    for (const [i, desk] of desks.entries()) await desk.publish(`${i}`);
    for (const [i, desk] of desks.entries())
      expect((await desk.read()).entry).toMatchObject({ payload: `${i}`, version: 1 });
  });

  test('what a process knows of the record beyond what stands there says that writes were lost', async () => {
    for (const field of ['seq', 'generation', 'fence'] as const) {
      const desk = new Desk(subject());
      const stood = await desk.publish('a');
      await desk.granted();
      await desk.invalidate();
      const { epoch, seq, generation, fence } = await desk.read();
      const same = { epoch, seq, generation, fence };
      expect((await desk.read(same)).epoch).toBe(epoch);
      const anew = await desk.read({ ...same, [field]: same[field] + 1, version: 1 });
      expect(anew.epoch).not.toBe(epoch);
      expect(anew).toMatchObject({ seq: 0, generation: 0, fence: 0, leaseLeft: 0, resting: '' });
      expect(anew.entry).toBeUndefined();
      expect(stood.entry?.payload).toBe('a');
      // The version starts anew as well.
      expect((await desk.publish('b')).entry?.version).toBe(1);
    }
  });

  test('what it knows of another epoch says nothing', async () => {
    const desk = new Desk(subject());
    const { epoch } = await desk.publish('a');
    const seen = await desk.read({
      epoch: 'another',
      seq: 99,
      generation: 99,
      fence: 99,
      version: 99,
    });
    expect(seen).toMatchObject({ epoch, seq: 1, fence: 1 });
  });

  test('the payload is left out for who has that version of that epoch, and for nobody else', async () => {
    const desk = new Desk(subject());
    const { epoch } = await desk.publish('a');
    const payloadFor = async (known: object): Promise<unknown> =>
      (await desk.read(known)).entry?.payload;
    expect(await payloadFor({ epoch, version: 1 })).toBeUndefined();
    expect(await payloadFor({ epoch, version: 0 })).toBe('a');
    expect(await payloadFor({ epoch, version: 2 })).toBe('a');
    expect(await payloadFor({ epoch: 'another', version: 1 })).toBe('a');
    const own = desk.call({ epoch, seq: 1, fence: 1, version: 1 });
    const { record } = await desk.store.put(own, contentOf('b'));
    expect(record.entry).toMatchObject({ version: 2, payload: 'b' });
  });

  test('texts come back as they are', async () => {
    const desk = new Desk(subject());
    const odd = '["é😀",\'\\"\\n\\u0001\u2028]\n\t\r\u007f $1 {} %s';
    for (const payload of ['', odd, 'x'.repeat(200_000)]) {
      await desk.put(payload, { hash: `of ${payload.length}`, token: odd });
      expect((await desk.read()).entry).toMatchObject({ payload, token: odd });
    }
    await desk.put(odd, { hash: odd });
    expect((await desk.read()).entry).toMatchObject({ payload: odd, hash: odd });
    const grant = await desk.granted();
    await desk.release(grant, LONG, odd);
    expect((await desk.read()).resting).toBe(odd);
  });

  test('one that nobody asks anything of is forgotten', async () => {
    const desk = new Desk(subject());
    const { epoch } = await desk.publish('a');
    await vi.waitFor(
      async () => {
        const seen = await desk.store.read(desk.call({}, 1));
        expect(seen.epoch).not.toBe(epoch);
        expect(seen.entry).toBeUndefined();
      },
      { timeout: 20_000, interval: 10 },
    );
  });

  test('each operation renews how long it is kept', async () => {
    const grant = { epoch: '', generation: 0, fence: 0, holder: 'x' };
    const operations: ((desk: Desk, keep: number) => Promise<unknown>)[] = [
      (desk, keep) => desk.store.read(desk.call({}, keep)),
      (desk, keep) =>
        desk.store.claim(desk.call({}, keep), {
          holder: 'x',
          leaseTime: LONG,
          have: 0,
          force: false,
        }),
      (desk, keep) => desk.store.renew(desk.call({}, keep), grant, LONG),
      (desk, keep) => desk.store.publish(desk.call({}, keep), grant, contentOf('a')),
      (desk, keep) => desk.store.release(desk.call({}, keep), grant, 0, ''),
      (desk, keep) => desk.store.invalidate(desk.call({}, keep), false),
      (desk, keep) => desk.store.put(desk.call({}, keep), contentOf('a')),
    ];
    const cases = operations.map((operation) => ({ operation, desk: new Desk(subject()) }));
    const lapsed = new Desk(subject());
    const lapsing = (await lapsed.store.read(lapsed.call({}, fewCalls))).epoch;
    const epochs = await Promise.all(
      cases.map(async ({ desk, operation }) => {
        const { epoch } = await desk.store.read(desk.call({}, fewCalls));
        await operation(desk, Infinity);
        return epoch;
      }),
    );
    await lapsed.passed(1.5 * fewCalls);
    expect((await lapsed.read()).epoch).not.toBe(lapsing);
    for (const [i, { desk }] of cases.entries()) expect((await desk.read()).epoch).toBe(epochs[i]);
  });

  test('an answer tells what stands after the operation', async () => {
    const desk = new Desk(subject());
    for (const operation of [
      () => desk.put('a'),
      () => desk.invalidate(),
      async () => (await desk.claim()).record,
      () => desk.invalidate(true),
      () => desk.publish('b'),
    ]) {
      const answer = await operation();
      expect(timeless(await desk.read())).toEqual(timeless(answer));
    }
  });
}
