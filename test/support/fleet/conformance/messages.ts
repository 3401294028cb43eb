import { expect, test, vi } from 'vitest';
import { contentOf, Desk, LONG, type Subject, type Traits } from './subject.ts';

export function testMessages(subject: () => Subject, { mostInMessage = 4096 }: Traits): void {
  test('each change sends one message, with all it is to tell and nothing else', async () => {
    const desk = new Desk(subject());
    const heard = await desk.hearing();
    const { epoch } = await desk.publish('a', { ttl: 60_000 });
    await desk.put('a', { ttl: Infinity });
    await desk.invalidate();
    await desk.put('b', { ttl: 60_000 });
    await desk.release(await desk.granted());
    await desk.release(await desk.granted(), LONG, 'it broke');
    await desk.invalidate(true);
    const all = { v: 1, epoch, src: 'tester', ttlLeft: expect.any(Number) as unknown };
    expect(await heard.first(7)).toEqual([
      {
        ...all,
        seq: 1,
        act: 'publish',
        version: 1,
        generation: 0,
        fence: 1,
        hash: '#a',
        value: 'a',
      },
      {
        ...all,
        seq: 2,
        act: 'renew',
        version: 1,
        generation: 0,
        fence: 2,
        hash: '#a',
        ttlLeft: null,
      },
      {
        ...all,
        seq: 3,
        act: 'invalidate',
        version: 1,
        generation: 1,
        fence: 2,
        hash: '#a',
        ttlLeft: null,
      },
      // Out of date as before: that of the entry.
      {
        ...all,
        seq: 4,
        act: 'publish',
        version: 2,
        generation: 0,
        fence: 3,
        hash: '#b',
        value: 'b',
      },
      { ...all, seq: 5, act: 'release', version: 2, generation: 1, fence: 4, hash: '#b' },
      { ...all, seq: 6, act: 'release', version: 2, generation: 1, fence: 5, hash: '#b' },
      {
        ...all,
        seq: 7,
        act: 'purge',
        version: 0,
        generation: 2,
        fence: 5,
        hash: '',
        ttlLeft: null,
      },
    ]);
    await heard.end();
  });

  test('a load that found the value unchanged is told as renewed', async () => {
    const desk = new Desk(subject());
    const { epoch } = await desk.publish('a');
    await desk.invalidate();
    const heard = await desk.hearing();
    const renewal = { version: 1, token: '', ttl: LONG };
    await desk.store.publish(desk.call(), await desk.granted(), renewal);
    await desk.publish('a');
    const told = { epoch, act: 'renew', version: 1, generation: 1, hash: '#a' };
    const messages = await heard.first(2);
    expect(messages).toMatchObject([
      { ...told, seq: 3, fence: 2 },
      { ...told, seq: 4, fence: 3 },
    ]);
    for (const message of messages) expect(message).not.toHaveProperty('value');
    await heard.end();
  });

  test('ttlLeft is what is left of the time for which it is fresh, as whole ms', async () => {
    const desk = new Desk(subject());
    const heard = await desk.hearing();
    const grant = await desk.granted();
    await desk.passed(100);
    await desk.store.publish(desk.call(), grant, contentOf('a', { ttl: 60_000 }));
    await desk.put('b', { ttl: 60_000.4 });
    await desk.put('c', { ttl: 50 });
    await desk.passed(60);
    await desk.invalidate();
    const left = (await heard.first(4)).map(({ ttlLeft }) => ttlLeft as number);
    expect(left[0]).toBeLessThanOrEqual(60_000 - 100);
    expect(left[0]).toBeGreaterThan(30_000);
    expect(left.slice(1)).toEqual([60_000, 50, 0]);
    for (const ms of left) expect(Number.isInteger(ms)).toBe(true);
    await heard.end();
  });

  test('only what changes the record tells', async () => {
    const desk = new Desk(subject());
    const heard = await desk.hearing();
    await desk.read();
    const first = await desk.granted();
    await desk.claim();
    await desk.store.renew(desk.call(), first, LONG);
    const renewal = { version: 5, token: '', ttl: LONG };
    await desk.store.publish(desk.call(), first, renewal);
    await desk.store.publish(desk.call(), { ...first, generation: 7 }, contentOf('a'));
    await desk.release(first);
    await desk.release({ ...first, holder: 'another' }, LONG, 'late');
    await desk.put('last');
    expect(await heard.first(1)).toMatchObject([{ seq: 1, act: 'publish', value: 'last' }]);
    await heard.end();
  });

  test('a message carries a payload up to a size', async () => {
    const desk = new Desk(subject());
    const heard = await desk.hearing();
    for (const length of [mostInMessage, mostInMessage + 1]) await desk.put('x'.repeat(length));
    await desk.put('');
    const [short, long, empty] = await heard.first(3);
    expect(short).toHaveProperty('value', 'x'.repeat(mostInMessage));
    expect(long).not.toHaveProperty('value');
    expect(empty).toHaveProperty('value', '');
    await heard.end();
  });

  test('its texts come as they were', async () => {
    const desk = new Desk(subject());
    const heard = await desk.hearing();
    const odd = '["é😀",\'\\"\\n\\u0001\u2028/]\n\t\r\u0001\u007f $1 {} %s';
    await desk.store.put({ ...desk.call(), source: odd }, contentOf(odd, { hash: odd }));
    expect(await heard.first(1)).toMatchObject([{ src: odd, hash: odd, value: odd }]);
    await heard.end();
  });

  test('numbers count on by one, in each epoch from 1', async () => {
    const desk = new Desk(subject());
    const heard = await desk.hearing();
    await Promise.all(Array.from({ length: 20 }, () => desk.invalidate()));
    const before = await heard.first(20);
    expect(before.map(({ seq }) => seq)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    await desk.forget();
    await desk.put('a');
    const after = (await heard.first(21)).at(-1);
    expect(after).toMatchObject({ seq: 1 });
    expect(after?.['epoch']).not.toBe(before[0]?.['epoch']);
    await heard.end();
  });

  test('all who listen hear, whoever sent it, and until they end it', async () => {
    const desk = new Desk(subject());
    const [stays, goes] = [await desk.hearing(), await desk.hearing()];
    await desk.put('a');
    await Promise.all([stays.first(1), goes.first(1)]);
    await goes.end();
    await desk.put('b');
    expect((await stays.first(2))[1]).toMatchObject({ value: 'b' });
    expect(goes.texts).toHaveLength(1);
    await stays.end();
    const again = await desk.hearing();
    await desk.put('c');
    expect(await again.first(1)).toMatchObject([{ value: 'c' }]);
    expect(stays.texts).toHaveLength(2);
    expect(again.disconnects + stays.disconnects + goes.disconnects).toBe(0);
    await again.end();
  });

  test('one handle can be heard by several, and ended twice', async () => {
    const desk = new Desk(subject());
    const texts: string[] = [];
    const ear = {
      onMessage: (text: string) => texts.push(text),
      onConnect: () => {},
      onDisconnect: () => {},
    };
    const { hear } = desk.store;
    const ends = [await hear?.(ear), await hear?.(ear)];
    await desk.put('a');
    await vi.waitFor(() => expect(texts).toHaveLength(2), { timeout: 10_000 });
    await ends[0]?.();
    await ends[0]?.();
    await desk.put('b');
    await vi.waitFor(() => expect(texts).toHaveLength(3), { timeout: 10_000 });
    await ends[1]?.();
  });
}
