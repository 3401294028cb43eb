import { randomUUID } from 'node:crypto';
import { describe, expect, test, vi } from 'vitest';
import type { FleetGrant, FleetKnown, FleetOutcome } from '../../../../src/fleet/store.ts';
import { contentOf, Desk, LONG, type Subject, timeless } from './subject.ts';

export function testPublishing(subject: () => Subject): void {
  test('what a load brought is the value from then on, and its lease ends', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted();
    const content = contentOf('a', { token: '"etag"' });
    const { record, outcome } = await desk.store.publish(desk.call(), grant, content);
    expect(outcome).toBe('published');
    expect(record).toMatchObject({ seq: 1, generation: 0, fence: 1, leaseLeft: 0 });
    expect(record.entry).toEqual({
      version: 1,
      generation: 0,
      fence: 1,
      hash: '#a',
      age: expect.any(Number),
      token: '"etag"',
      payload: 'a',
    });
    expect((await desk.publish('b')).entry).toMatchObject({ version: 2, fence: 2, payload: 'b' });
  });

  test('content of the hash that stands renews it, and ends the lease', async () => {
    const desk = new Desk(subject());
    await desk.publish('a', { token: 'old' });
    await desk.invalidate();
    const grant = await desk.granted();
    const content = contentOf('a', { payload: 'told anew', token: 'new' });
    const { record, outcome } = await desk.store.publish(desk.call(), grant, content);
    expect(outcome).toBe('unchanged');
    expect(record).toMatchObject({ seq: 3, generation: 1, fence: 2, leaseLeft: 0 });
    expect(record.entry).toMatchObject({
      version: 1,
      generation: 1,
      fence: 2,
      hash: '#a',
      token: 'new',
      payload: 'a',
    });
  });

  test('so does a renewal of the version that stands', async () => {
    const desk = new Desk(subject());
    await desk.publish('a', { token: 'old' });
    await desk.invalidate();
    const grant = await desk.granted();
    const renewal = { version: 1, token: 'new', ttl: LONG };
    const { record, outcome } = await desk.store.publish(desk.call(), grant, renewal);
    expect(outcome).toBe('unchanged');
    expect(record).toMatchObject({ seq: 3, generation: 1, fence: 2, leaseLeft: 0 });
    expect(record.entry).toMatchObject({
      version: 1,
      generation: 1,
      fence: 2,
      hash: '#a',
      token: 'new',
      payload: 'a',
    });
  });

  test('a renewal of another version changes nothing, the lease neither', async () => {
    const missing = async (desk: Desk, version: number): Promise<void> => {
      const grant = await desk.granted();
      const before = await desk.read();
      const renewal = { version, token: 'new', ttl: LONG };
      const { record, outcome } = await desk.store.publish(desk.call(), grant, renewal);
      expect(outcome).toBe('missing');
      expect(timeless(record)).toEqual(timeless(before));
      expect(record.leaseLeft).toBeGreaterThan(0);
      // Its value can be published now.
      const next = await desk.store.publish(desk.call(), grant, contentOf(randomUUID()));
      expect(next.outcome).toBe('published');
    };
    const desk = new Desk(subject());
    await missing(desk, 0);
    await missing(desk, 2);
    await missing(desk, 1);
    await desk.invalidate(true);
    await missing(desk, 3);
  });

  test('the age counts from when the lease was granted', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted();
    await desk.passed(100);
    const first = await desk.store.publish(desk.call(), grant, contentOf('a'));
    expect(first.record.entry?.age).toBeGreaterThanOrEqual(100);
    const fresh = await desk.granted();
    await desk.store.renew(desk.call(), fresh, LONG);
    await desk.passed(100);
    const stood = await desk.read();
    const renewal = { version: 1, token: '', ttl: LONG };
    const { record } = await desk.store.publish(desk.call(), fresh, renewal);
    expect(record.entry?.age).toBeGreaterThanOrEqual(100);
    expect(record.entry?.age).toBeLessThan((stood.entry?.age ?? 0) + 50_000);
    await desk.passed(20);
    expect((await desk.read()).entry?.age).toBeGreaterThan(record.entry?.age ?? Infinity);
  });

  test('and is renewed by what was found unchanged', async () => {
    const desk = new Desk(subject());
    await desk.publish('a');
    await desk.passed(300);
    const stood = (await desk.read()).entry?.age ?? 0;
    const grant = await desk.granted();
    const renewal = { version: 1, token: '', ttl: LONG };
    const { record } = await desk.store.publish(desk.call(), grant, renewal);
    expect(record.entry?.age).toBeLessThan(stood);
  });

  describe('superseded', () => {
    /** What was asked after a grant, with what is published of it. */
    const cases: Record<string, (desk: Desk, grant: FleetGrant) => Promise<Partial<FleetGrant>>> = {
      'by an invalidation': async (desk) => {
        await desk.invalidate();
        return {};
      },
      'by a purge': async (desk) => {
        await desk.invalidate(true);
        return {};
      },
      'by a value that was set by hand': async (desk) => {
        await desk.put('by hand');
        return {};
      },
      'by another’s grant, after its own fell': async (desk, grant) => {
        await desk.release(grant);
        await desk.granted();
        return {};
      },
      'by another’s grant and value': async (desk, grant) => {
        await desk.release(grant);
        await desk.publish('another’s');
        return {};
      },
      'as the record is gone': async (desk) => {
        await desk.forget();
        return {};
      },
      'as the record is gone, and another took its number': async (desk) => {
        await desk.forget();
        await desk.granted();
        return {};
      },
      'as it is of another epoch': async () => ({ epoch: 'another' }),
      'as its fence was given to another': async () => ({ holder: 'another' }),
      'as it is of an older fence': async () => ({ fence: 1 }),
      'as it is of another generation': async () => ({ generation: 1 }),
    };
    test.each(Object.entries(cases))('%s', async (_, meddle) => {
      for (const what of [contentOf('late'), contentOf('stood'), { ...RENEWAL, version: 1 }]) {
        const desk = new Desk(subject());
        await desk.publish('stood');
        const grant = await desk.granted();
        const changed = { ...grant, ...(await meddle(desk, grant)) };
        const before = await desk.read();
        const { record, outcome } = await desk.store.publish(desk.call(), changed, what);
        expect(outcome).toBe('superseded' satisfies FleetOutcome);
        // Its own lease, where it is there still, ends.
        const isOwn = changed.epoch === before.epoch && changed.holder === grant.holder;
        const isLeft = before.leaseLeft > 0 && !(isOwn && before.fence === grant.fence);
        expect(timeless(record)).toEqual({ ...(timeless(before) as object), isLeased: isLeft });
      }
    });
  });

  test('a lease that has fallen, with nobody let in since, is no reason', async () => {
    for (const what of [contentOf('new'), { ...RENEWAL, version: 1 }]) {
      const desk = new Desk(subject());
      await desk.publish('stood');
      const grant = await desk.granted(1);
      await vi.waitFor(async () => expect((await desk.read()).leaseLeft).toBe(0), {
        timeout: 20_000,
      });
      const { outcome } = await desk.store.publish(desk.call(), grant, what);
      expect(outcome).toBe('version' in what ? 'unchanged' : 'published');
    }
  });

  test('nor is one that was released, whose rest goes on', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted();
    await desk.release(grant, LONG, 'it broke');
    const { record, outcome } = await desk.store.publish(desk.call(), grant, contentOf('late'));
    expect(outcome).toBe('published');
    expect(record).toMatchObject({ resting: 'it broke' });
    expect(record.leaseLeft).toBeGreaterThan(0);
  });

  test('what was published already is found unchanged', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted();
    await desk.store.publish(desk.call(), grant, contentOf('a'));
    const again = await desk.store.publish(desk.call(), grant, contentOf('a'));
    expect(again).toMatchObject({ outcome: 'unchanged', record: { entry: { version: 1 } } });
  });

  test('an invalidation puts the entry out of date, and keeps it', async () => {
    const desk = new Desk(subject());
    await desk.publish('a');
    const { generation, entry } = await desk.invalidate();
    expect(generation).toBe(1);
    expect(entry).toMatchObject({ generation: 0, payload: 'a', version: 1, fence: 1 });
    expect((await desk.invalidate()).generation).toBe(2);
  });

  test('a purge drops it, and its number isn’t used again', async () => {
    const desk = new Desk(subject());
    await desk.publish('a');
    expect(await desk.invalidate(true)).toMatchObject({ generation: 1, entry: undefined });
    expect((await desk.publish('a')).entry).toMatchObject({
      version: 2,
      generation: 1,
      fence: 2,
      payload: 'a',
    });
  });

  test('a value that is set by hand has a fence of its own, and age 0', async () => {
    const desk = new Desk(subject());
    await desk.publish('a');
    await desk.passed(50);
    const { fence, entry } = await desk.put('b', { token: 't' });
    expect(fence).toBe(2);
    expect(entry).toMatchObject({ version: 2, fence: 2, hash: '#b', age: 0, token: 't' });
    const same = await desk.put('b', { token: 'u' });
    expect(same).toMatchObject({ fence: 3, seq: 3 });
    expect(same.entry).toMatchObject({ version: 2, fence: 3, age: 0, token: 'u', payload: 'b' });
  });

  test('it is of the generation of the entry that stands, or stood last, or 0', async () => {
    const desk = new Desk(subject());
    await desk.invalidate();
    const never = await desk.put('a');
    expect(never).toMatchObject({ generation: 1, entry: { generation: 0 } });

    await desk.publish('b');
    expect(await desk.put('c')).toMatchObject({ generation: 1, entry: { generation: 1 } });
    await desk.invalidate();
    expect(await desk.put('d')).toMatchObject({ generation: 2, entry: { generation: 1 } });
    expect(await desk.put('d')).toMatchObject({ generation: 2, entry: { generation: 1 } });

    await desk.publish('e');
    await desk.invalidate(true);
    expect(await desk.put('f')).toMatchObject({ generation: 3, entry: { generation: 2 } });
    expect((await desk.read()).entry).toMatchObject({ payload: 'f', version: 6 });
  });

  test('it is an invalidation where somebody was let in, or invalidated, unknown to who set it', async () => {
    const desk = new Desk(subject());
    const { epoch } = await desk.publish('a');
    const stands = { payload: 'a', version: 1, generation: 0, fence: 1 };
    const heard = await desk.hearing();
    const set = async (known: Partial<FleetKnown>): Promise<unknown> =>
      (await desk.store.put(desk.call(known), contentOf('b'))).outcome;

    await desk.granted();
    expect(await set({ epoch, seq: 1, fence: 1 })).toBe('superseded');
    expect(await desk.read()).toMatchObject({ generation: 1, fence: 2, seq: 2, leaseLeft: 0 });
    expect(await set({ epoch, seq: 1, fence: 2 })).toBe('superseded');
    expect(await set({})).toBe('superseded');
    expect(await set({ epoch: 'another', generation: 3, fence: 2 })).toBe('superseded');
    expect(await desk.read()).toMatchObject({ generation: 4, fence: 2, seq: 5, entry: stands });
    const acts = (await heard.first(4)).map(({ act, generation, version }) => [
      act,
      generation,
      version,
    ]);
    expect(acts).toEqual([1, 2, 3, 4].map((generation) => ['invalidate', generation, 1]));
    await heard.end();

    expect(await set({ epoch, seq: 5, generation: 4, fence: 2 })).toBe('published');
    // The record may be another since they set it: made anew by this very call.
    const anew = await desk.put('c', {}, { epoch, seq: 99 });
    expect(anew.epoch).not.toBe(epoch);
    expect(anew).toMatchObject({ generation: 1, seq: 1, entry: undefined });
  });

  test('who knows of no record may set the first value of one', async () => {
    const desk = new Desk(subject());
    const first = await desk.store.put(desk.call(), contentOf('a'));
    expect(first).toMatchObject({ outcome: 'published', record: { fence: 1, seq: 1 } });
    const { epoch, seq, generation, fence } = first.record;
    const known = { epoch, seq, generation, fence };
    expect(await desk.store.put(desk.call(known), contentOf('a'))).toMatchObject({
      outcome: 'unchanged',
      record: { fence: 2, seq: 2, entry: { version: 1, fence: 2 } },
    });
  });
}

const RENEWAL = { token: 'new', ttl: LONG };
