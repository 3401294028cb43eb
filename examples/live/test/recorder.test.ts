import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Recorder } from '../src/recorder.ts';
import { Trail } from '../src/trail.ts';

describe('a recorder', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['performance', 'setTimeout'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

  it('measures each request from the call to its answer', async () => {
    const recorder = new Recorder();
    const start = performance.timeOrigin + performance.now();
    void recorder.measure(() => after(20));
    await vi.advanceTimersByTimeAsync(20);
    void recorder.measure(() => after(300));
    await vi.advanceTimersByTimeAsync(300);
    const failing = recorder.measure(async () => {
      await after(40);
      throw new Error('no');
    });
    await vi.advanceTimersByTimeAsync(40);
    await expect(failing).resolves.toBeUndefined();
    const samples = recorder.samples.since(0).map(([at, ms, failed]) => [at - start, ms, failed]);
    expect(samples).toEqual(
      [
        [0, 20, 0],
        [20, 300, 0],
        [320, 40, 1],
      ].map(([at, ms, failed]) => [expect.closeTo(at as number, 2), ms, failed]),
    );
    // Exactly 20 ms is no wait yet, and an error is no page.
    expect(recorder.statistics()).toMatchObject({ requests: 3, failed: 1, waited: 2 });
    expect(recorder.statistics().worst).toBeCloseTo(300, 0);
    expect(recorder.statistics().p50).toBeCloseTo(20, 1);
  });

  it('knows nothing before the first page', async () => {
    const recorder = new Recorder();
    const nothing = { requests: 0, failed: 0, waited: 0, p50: null, p99: null, worst: null };
    expect(recorder.statistics()).toEqual(nothing);
    await recorder.measure(() => Promise.reject(new Error('no')));
    expect(recorder.statistics()).toEqual({ ...nothing, requests: 1, failed: 1 });
  });

  it('counts those as waiting that are under way for long enough, and each once', async () => {
    const recorder = new Recorder();
    void recorder.measure(() => after(100));
    await vi.advanceTimersByTimeAsync(20);
    void recorder.measure(() => after(100));
    expect(recorder.statistics()).toMatchObject({ requests: 0, waited: 0 });
    await vi.advanceTimersByTimeAsync(1);
    expect(recorder.statistics()).toMatchObject({ requests: 0, waited: 1 });
    expect(recorder.pending().count).toBe(2);
    const [first = 0, second = 0] = recorder.pending().since;
    expect(second - first).toBeCloseTo(20, 2);
    await vi.advanceTimersByTimeAsync(200);
    expect(recorder.statistics()).toMatchObject({ requests: 2, waited: 2 });
    expect(recorder.pending()).toEqual({ since: [], count: 0 });
  });

  it('counts anew, without those that came before', async () => {
    const recorder = new Recorder();
    void recorder.measure(() => after(100));
    await vi.advanceTimersByTimeAsync(50);
    recorder.reset();
    expect(recorder.statistics()).toMatchObject({ requests: 0, waited: 0, worst: null });
    await vi.advanceTimersByTimeAsync(50);
    expect(recorder.statistics()).toMatchObject({ requests: 0, waited: 0, worst: null });
    void recorder.measure(() => after(30));
    await vi.advanceTimersByTimeAsync(30);
    expect(recorder.statistics()).toMatchObject({ requests: 1, waited: 1 });
    expect(recorder.samples.since(0)).toHaveLength(2);
  });
});

describe('a trail', () => {
  it('has what is new for each who looks on, as far as it is kept', () => {
    const trail = new Trail<number>(4);
    expect([trail.since(0), trail.next]).toEqual([[], 0]);
    for (let i = 0; i < 3; i++) trail.push(i);
    expect([trail.since(0), trail.since(2), trail.since(3), trail.next]).toEqual([
      [0, 1, 2],
      [2],
      [],
      3,
    ]);
    for (let i = 3; i < 101; i++) {
      trail.push(i);
      expect(trail.since(0)).toEqual([i - 3, i - 2, i - 1, i].filter((n) => n >= 0));
      expect(trail.since(i)).toEqual([i]);
      expect(trail.since(i - 2)).toEqual([i - 2, i - 1, i]);
      expect(trail.next).toBe(i + 1);
    }
  });
});
