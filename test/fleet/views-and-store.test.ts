import { expect, it, vi } from 'vitest';
import type { SnapshotStore } from 'warm-cache';
import { fakeFleet, outcome, pass, rest } from '../support/fleet/fleet.ts';
import { payloadsOf } from '../support/loads.ts';

const newFleet = fakeFleet();

it('derives views of what others have published, once a version', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  const [one, other] = fleet.caches;
  const lazy = vi.fn((value: number) => value * 10);
  const eager = vi.fn((value: number) => value * 100);
  const views = [other.select(lazy), other.select(eager, { eager: true })];
  one.set(fleet.source.write());
  await rest();
  expect(eager).toHaveBeenLastCalledWith(2);
  await expect(Promise.all(views.map((view) => view.get()))).resolves.toEqual([20, 200]);
  await pass(3000);
  await Promise.all(views.map((view) => view.get()));
  expect(lazy).toHaveBeenCalledTimes(1);
  expect(eager).toHaveBeenCalledTimes(2);
});

it('takes nothing that an eager view can not be derived of, and tells why', async () => {
  const fleet = newFleet(2);
  await fleet.ready();
  await pass(100);
  const [one, other] = fleet.caches;
  const errors = payloadsOf(other, 'error');
  const picky = other.select(
    (value) => {
      if (value === 2) throw new Error('not two');
      return value;
    },
    { eager: true },
  );
  one.set(2);
  await pass(10);
  expect(other.peek()?.value).toBe(1);
  expect(picky.peek()?.value).toBe(1);
  expect(String(errors[0]?.error)).toContain('not two');
  fleet.source.data = 3;
  one.set(3);
  await pass(10);
  expect(other.peek()?.value).toBe(3);
  expect(picky.peek()?.value).toBe(3);
});

function memoryKept(): SnapshotStore & { readonly kept: Map<string, string> } {
  const kept = new Map<string, string>();
  return {
    kept,
    get: (key) => kept.get(key),
    set: (key, text) => void kept.set(key, text as string),
  };
}

it('keeps in the store of its own what others have published', async () => {
  const store = memoryKept();
  const fleet = newFleet(1);
  await fleet.ready();
  const kept = fleet.join({ store, name: 'kept' });
  kept.cache.start();
  await pass(10);
  expect(kept.loads).toHaveLength(0);
  await kept.cache.stop();
  // Restarted where the server is gone: it serves what it has kept.
  const later = fleet.join({ store, name: 'kept' });
  later.store.hang();
  later.cache.start();
  await rest();
  expect(later.cache.peek()).toMatchObject({ value: 1, source: 'store' });
});

it('takes from the fleet what is younger than what it has kept, and not what is older', async () => {
  const store = memoryKept();
  const fleet = newFleet(1, { ttl: 10_000 });
  const first = fleet.join({ store, name: 'kept' });
  await fleet.ready();
  await first.cache.stop();
  await pass(500);
  fleet.source.write();
  await outcome(fleet.caches[0].refresh());
  const younger = fleet.join({ store, name: 'kept' });
  younger.cache.start();
  await pass(10);
  expect(younger.cache.peek()).toMatchObject({ value: 2 });
  expect(younger.loads).toHaveLength(0);
});

it('drops what it has kept where another purges', async () => {
  const store = memoryKept();
  const fleet = newFleet(1);
  const kept = fleet.join({ store, name: 'kept' });
  await fleet.ready();
  await pass(10);
  expect(store.kept.size).toBe(1);
  fleet.source.takes = 300;
  void fleet.caches[0].invalidate({ purge: true });
  await pass(20);
  void kept.cache.stop();
  await pass(10);
  const later = fleet.join({ store, name: 'kept' });
  later.store.hang();
  later.cache.start();
  await rest();
  expect(later.cache.peek()).toBeUndefined();
  later.store.mend();
  await pass(500);
});
