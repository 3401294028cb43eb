import { describe, expect, it } from 'vitest';
import type { Outcome } from '../src/play.ts';
import { DemoProcess } from './support/demo-process.ts';

const sum = (numbers: readonly number[]): number => numbers.reduce((all, n) => all + n, 0);

/** Loads at a steady rate: those at either end may be just within what was counted, or just not. */
function expectEach(counted: readonly number[], loads: number): void {
  expect(counted.length).toBeGreaterThanOrEqual(2);
  expect(sum(counted)).toBeGreaterThanOrEqual(loads * (counted.length - 1));
  expect(sum(counted)).toBeLessThanOrEqual(loads * (counted.length + 1));
}

describe('npm run demo:fleet', () => {
  it('shows one load an interval for all, through a write, a kill and an outage', async () => {
    await using demo = await DemoProcess.start('--json', '--interval', '1', '--seconds', '23');
    expect(await demo.ended, demo.stderr).toBe(0);
    const outcome = JSON.parse(demo.stdout) as Outcome & {
      readonly redis: string;
      readonly broken: readonly string[];
    };
    const { before, started, after, written, killed, restarted, outage, processes } = outcome;
    expect(outcome.broken).toEqual([]);

    expectEach(before, 4);
    expectEach(after, 1);
    expect(started).toMatchObject({ loads: 1, loadedBy: { length: 1 }, warmedBy: { length: 3 } });
    expect(written).toMatchObject({ isSeen: true, seenBy: 4 });

    const { process: victim } = killed;
    expect(victim).toMatch(/^after-[1-4]$/);
    expect(victim).not.toBe(`after-${killed.takenOverBy}`);
    expect(killed).toMatchObject({ more: 1, waited: 0 });
    expect(restarted).toMatchObject({ isShared: true, loads: 0 });

    if (outcome.redis === 'REDIS_URL') expect(outage).toBeNull();
    else {
      expectEach(outage?.during ?? [], 4);
      expectEach(outage?.after ?? [], 1);
      expect(outage?.granted).toBeGreaterThanOrEqual(1);
      expect(outage?.granted).toBeLessThanOrEqual(4);
    }

    expect(processes.map((one) => one.process)).toEqual(
      ['before', 'after'].flatMap((lane) => [1, 2, 3, 4].map((n) => `${lane}-${n}`)),
    );
    for (const one of processes) {
      expect(one).toMatchObject({ waited: 0, failed: 0 });
      expect(one.reads).toBeGreaterThan(0);
    }
    expect(await demo.files()).toEqual([]);
  });

  it('ends everything at a signal, in the midst of it', async () => {
    await using demo = await DemoProcess.start('--rows', '100', '--interval', '1');
    await demo.said(/2\/6 .* 1 query/);
    expect(await demo.files()).not.toEqual([]);
    demo.kill('SIGINT');
    expect(await demo.ended).toBe(0);
    expect(demo.stdout).toMatch(/Interrupted: everything is stopped\.\n$/);
    expect(demo.stderr).toBe('');
    expect(await demo.files()).toEqual([]);
  });

  it('takes no options that make no sense', async () => {
    for (const args of [
      ['--replicas', '1'],
      ['--interval', '9'],
      ['--nonsense'],
      ['--rows', 'x'],
    ]) {
      await using demo = await DemoProcess.start(...args);
      expect(await demo.ended).toBe(2);
      expect(demo.stderr).toContain('npm run demo:fleet -- [options]');
    }
    await using help = await DemoProcess.start('--help');
    expect(await help.ended).toBe(0);
    expect(help.stdout).toContain('--replicas N');
  });
});
