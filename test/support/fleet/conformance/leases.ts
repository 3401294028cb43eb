import { expect, test, vi } from 'vitest';
import { contentOf, Desk, LONG, type Subject, type Traits } from './subject.ts';

const PATIENCE = { timeout: 20_000, interval: 10 };

export function testLeases(subject: () => Subject, { fewCalls = 500 }: Traits): void {
  test('a claim is granted where nobody loads, under a fence one larger', async () => {
    const desk = new Desk(subject());
    const { record, granted } = await desk.claim({ leaseTime: 60_000 });
    expect(granted).toBe(true);
    expect(record).toMatchObject({ fence: 1, seq: 0, generation: 0, resting: '' });
    expect(record.leaseLeft).toBeGreaterThan(50_000);
    expect(record.leaseLeft).toBeLessThanOrEqual(60_000);
  });

  test('it is refused while somebody has the lease, and changes nothing', async () => {
    const desk = new Desk(subject());
    await desk.granted();
    for (const force of [false, true]) {
      const { record, granted } = await desk.claim({ force });
      expect(granted).toBe(false);
      expect(record).toMatchObject({ fence: 1, seq: 0 });
      expect(record.leaseLeft).toBeGreaterThan(0);
    }
  });

  test('it is refused to who has an older value than what stands, be the lease free or not', async () => {
    const desk = new Desk(subject());
    await desk.publish('a');
    await desk.publish('b');
    const old = await desk.claim({ have: 1, force: true });
    expect(old).toMatchObject({ granted: false, record: { fence: 2, leaseLeft: 0 } });
    expect(old.record.entry).toMatchObject({ fence: 2, payload: 'b' });
    // Even one that is out of date.
    await desk.invalidate();
    expect((await desk.claim({ have: 1 })).granted).toBe(false);
    expect((await desk.claim({ have: 2 })).granted).toBe(true);
    // A purge leaves nothing that could be taken instead.
    await desk.invalidate(true);
    expect((await desk.claim({ have: 0 })).granted).toBe(true);
  });

  test('of many at once one is granted', async () => {
    const { key } = new Desk(subject());
    const desks = Array.from({ length: 50 }, () => new Desk(subject(), key));
    const claims = await Promise.all(desks.map((desk) => desk.claim()));
    expect(claims.filter(({ granted }) => granted)).toHaveLength(1);
    expect(new Set(claims.map(({ record }) => record.fence))).toEqual(new Set([1]));
    expect(new Set(claims.map(({ record }) => record.epoch)).size).toBe(1);
  });

  test('a lease falls by itself, and the next claim has a larger fence', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted(30);
    const next = await vi.waitFor(async () => {
      const claim = await desk.claim();
      expect(claim.granted).toBe(true);
      return claim;
    }, PATIENCE);
    expect(next.grant.fence).toBe(grant.fence + 1);
  });

  test('a claim that is sent twice has its lease', async () => {
    const desk = new Desk(subject());
    const first = await desk.claim({ holder: 'me' });
    const again = await desk.claim({ holder: 'me' });
    expect(again.granted).toBe(true);
    expect(again.grant).toEqual(first.grant);
    expect((await desk.claim({ holder: 'you' })).granted).toBe(false);
  });

  test('renewing has a lease last from then on', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted(LONG);
    expect(await desk.store.renew(desk.call(), grant, 60_000)).toBe(true);
    const { leaseLeft } = await desk.read();
    expect(leaseLeft).toBeLessThanOrEqual(60_000);
    expect(leaseLeft).toBeGreaterThan(40_000);
    expect(await desk.store.renew(desk.call(), grant, LONG)).toBe(true);
    expect((await desk.read()).leaseLeft).toBeGreaterThan(60_000);
  });

  test('a renewed lease outlives the time that it was granted for', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted(fewCalls);
    expect(await desk.store.renew(desk.call(), grant, LONG)).toBe(true);
    await desk.passed(1.5 * fewCalls);
    expect((await desk.claim()).granted).toBe(false);
  });

  test('none can renew a lease that has fallen, is another’s or of another record', async () => {
    const desk = new Desk(subject());
    const renew = (grant: object): Promise<boolean> =>
      desk.store.renew(desk.call(), { ...first, ...grant }, LONG);
    const first = await desk.granted(1);
    await vi.waitFor(async () => expect((await desk.read()).leaseLeft).toBe(0), PATIENCE);
    expect(await renew({})).toBe(false);
    expect((await desk.read()).leaseLeft).toBe(0);
    const second = await desk.granted(60_000);
    expect(await renew({})).toBe(false);
    expect(await renew({ ...second, epoch: 'another' })).toBe(false);
    expect((await desk.read()).leaseLeft).toBeLessThanOrEqual(60_000);
    expect(await renew(second)).toBe(true);
    await desk.forget();
    expect(await renew(second)).toBe(false);
  });

  test('a release ends the lease', async () => {
    const desk = new Desk(subject());
    await desk.release(await desk.granted());
    expect(await desk.read()).toMatchObject({ leaseLeft: 0, resting: '', seq: 1, fence: 1 });
    expect((await desk.claim()).grant.fence).toBe(2);
  });

  test('or has it go on as a rest, that tells why and ends by itself', async () => {
    const desk = new Desk(subject());
    await desk.release(await desk.granted(), 60_000, 'it broke');
    const resting = await desk.read();
    expect(resting.resting).toBe('it broke');
    expect(resting.leaseLeft).toBeGreaterThan(0);
    expect(resting.leaseLeft).toBeLessThanOrEqual(60_000);
    const refused = await desk.claim();
    expect(refused).toMatchObject({ granted: false, record: { resting: 'it broke' } });
    const forced = await desk.claim({ force: true, leaseTime: 30 });
    expect(forced).toMatchObject({ granted: true, record: { fence: 2, resting: '' } });
    await desk.release(forced.grant, 30, 'again');
    await vi.waitFor(async () => {
      expect(await desk.read()).toMatchObject({ leaseLeft: 0, resting: '' });
    }, PATIENCE);
    expect((await desk.claim()).granted).toBe(true);
  });

  test('a rest is nobody’s: it can be neither renewed nor released, whatever its reason', async () => {
    for (const reason of ['it broke', '']) {
      const desk = new Desk(subject());
      const grant = await desk.granted();
      await desk.release(grant, 60_000, reason);
      expect(await desk.store.renew(desk.call(), grant, LONG)).toBe(false);
      await desk.release(grant);
      expect((await desk.claim({ holder: grant.holder })).granted).toBe(false);
      expect((await desk.claim({ holder: '' })).granted).toBe(false);
      const { leaseLeft, resting, seq } = await desk.read();
      expect({ resting, seq }).toEqual({ resting: reason, seq: 1 });
      expect(leaseLeft).toBeLessThanOrEqual(60_000);
      expect(leaseLeft).toBeGreaterThan(0);
    }
  });

  test('a release of what is not one’s own changes nothing', async () => {
    const desk = new Desk(subject());
    const first = await desk.granted(1);
    await vi.waitFor(async () => expect((await desk.read()).leaseLeft).toBe(0), PATIENCE);
    await desk.release(first, LONG, 'late');
    expect(await desk.read()).toMatchObject({ leaseLeft: 0, resting: '', seq: 0 });
    const second = await desk.granted();
    await desk.release(first, LONG, 'late');
    await desk.release({ ...second, epoch: 'another' }, LONG, 'late');
    expect(await desk.read()).toMatchObject({ resting: '', seq: 0 });
    expect(await desk.store.renew(desk.call(), second, LONG)).toBe(true);
  });

  test('an invalidation has a lease fall, and a rest', async () => {
    for (const purge of [false, true]) {
      const desk = new Desk(subject());
      const grant = await desk.granted();
      expect((await desk.invalidate(purge)).leaseLeft).toBe(0);
      expect(await desk.store.renew(desk.call(), grant, LONG)).toBe(false);
      await desk.release(await desk.granted(), LONG, 'it broke');
      expect(await desk.invalidate(purge)).toMatchObject({ leaseLeft: 0, resting: '' });
    }
  });

  test('so has a value that is set by hand', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted();
    expect((await desk.put('a')).leaseLeft).toBe(0);
    expect(await desk.store.renew(desk.call(), grant, LONG)).toBe(false);
    await desk.release(await desk.granted(), LONG, 'it broke');
    expect(await desk.put('a')).toMatchObject({ leaseLeft: 0, resting: '' });
  });

  test('a record that is made anew has no lease', async () => {
    const desk = new Desk(subject());
    const grant = await desk.granted();
    const anew = await desk.read({ epoch: grant.epoch, seq: 7 });
    expect(anew.leaseLeft).toBe(0);
    expect(await desk.store.renew(desk.call(), { ...grant, epoch: anew.epoch }, LONG)).toBe(false);
    const { outcome } = await desk.store.publish(desk.call(), grant, contentOf('a'));
    expect(outcome).toBe('superseded');
  });
}
