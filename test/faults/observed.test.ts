import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { MeterProvider, MetricReader } from '@opentelemetry/sdk-metrics';
import {
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import pino from 'pino';
import { Registry } from 'prom-client';
import { expect, it, vi } from 'vitest';
import { type Alert, alertOn, healthHandler, type Recovery } from 'warm-cache/health';
import { logTo } from 'warm-cache/logging';
import { instrument } from 'warm-cache/opentelemetry';
import { collect } from 'warm-cache/prometheus';
import { parse } from '../support/exposition.ts';
import { boardOf, ROWS, times } from '../support/outage.ts';
import { servers } from '../support/stack.ts';

const use = servers(ROWS);

/** How many loads are to fail before the API comes back. */
const FAILURES = 4;

class ManualReader extends MetricReader {
  protected onShutdown = async (): Promise<void> => {};
  protected onForceFlush = async (): Promise<void> => {};
}

it('an outage is seen on every instrument as it begins, and as it ends', async () => {
  const { stack } = use;
  await using cache = boardOf(stack.url, stack.anonKey);

  const registry = new Registry();
  collect(cache, { registry });
  const reader = new ManualReader();
  const meters = new MeterProvider({ readers: [reader] });
  const exporter = new InMemorySpanExporter();
  const tracers = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  instrument(cache, { meter: meters.getMeter('test'), tracer: tracers.getTracer('test') });
  const lines: Record<string, unknown>[] = [];
  const logger = pino({ level: 'info' }, { write: (line) => void lines.push(JSON.parse(line)) });
  logTo(logger, cache, { level: 'warn' });
  const alerts: Alert[] = [];
  const recoveries: Recovery[] = [];
  alertOn(cache, {
    failures: 3,
    onAlert: (alert) => alerts.push(alert),
    onRecovery: (recovery) => recoveries.push(recovery),
  });
  const ready = healthHandler(cache);
  const young = healthHandler(cache, { maxAge: 200 });
  const alive = healthHandler(cache, { probe: 'liveness' });

  const server = createServer(async ({ method, url }, response) => {
    if (url === '/metrics') response.end(await registry.metrics());
    else (url === '/readyz' ? ready : url === '/youngz' ? young : alive)({ method }, response);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const ask = async (path: string): Promise<{ status: number; text: string }> => {
    const response = await fetch(`http://127.0.0.1:${port}${path}`);
    return { status: response.status, text: await response.text() };
  };
  const sample = async (metric: string, labels: object = {}): Promise<number | undefined> => {
    const samples = parse((await ask('/metrics')).text).flatMap((family) => family.samples);
    return samples.find(
      (one) =>
        one.name === metric &&
        Object.entries(labels).every(([label, value]) => one.labels[label] === value),
    )?.value;
  };

  try {
    expect((await ask('/readyz')).status, 'before the first board').toBe(503);
    cache.start();
    await cache.ready();
    expect((await ask('/readyz')).status, 'with a board').toBe(200);
    // Fresh for 200 ms, which a busy machine may take for a load.
    await vi.waitFor(async () => {
      expect(await sample('warm_cache_status', { status: 'READY' })).toBe(1);
    });
    expect(await sample('warm_cache_consecutive_failures')).toBe(0);

    const stale = times(1, cache, 'status', ({ to }) => to === 'STALE');
    await stack.stopApi();
    await Promise.all([stale, times(FAILURES, cache, 'error', ({ final }) => final)]);

    expect(await sample('warm_cache_status', { status: 'STALE' })).toBe(1);
    expect(await sample('warm_cache_status', { status: 'READY' })).toBe(0);
    expect(await sample('warm_cache_consecutive_failures')).toBeGreaterThanOrEqual(FAILURES);
    expect(await sample('warm_cache_age_seconds')).toBeGreaterThan(0.2);
    const { resourceMetrics } = await reader.collect();
    const metrics = resourceMetrics.scopeMetrics.flatMap((scope) => scope.metrics);
    const failures = metrics.find(
      ({ descriptor }) => descriptor.name === 'warm_cache.failures.consecutive',
    );
    expect(failures?.dataPoints[0]?.value).toBeGreaterThanOrEqual(FAILURES);
    const failed = exporter
      .getFinishedSpans()
      .filter(({ attributes }) => Object.values(attributes).includes('failed'));
    expect(failed.length).toBeGreaterThanOrEqual(FAILURES);
    expect(failed[0]?.events.some(({ name }) => name === 'exception')).toBe(true);
    expect(lines, 'one line, and not one an attempt').toMatchObject([{ cache: 'leaderboard' }]);
    expect(alerts).toMatchObject([{ name: 'leaderboard', health: { status: 'STALE' } }]);
    expect(recoveries).toEqual([]);
    // The board is served: nobody is to be sent elsewhere, and a restart would only lose it.
    expect((await ask('/readyz')).status).toBe(200);
    expect((await ask('/healthz')).status).toBe(200);
    const old = await ask('/youngz');
    expect(old.status).toBe(503);
    expect(old.text, 'what the error says, where the database is').not.toMatch(/ECONNREFUSED|127/);

    await stack.startApi();
    await times(3, cache, 'refresh');
    expect(await sample('warm_cache_consecutive_failures')).toBe(0);
    expect((await ask('/readyz')).status).toBe(200);
    expect(lines).toHaveLength(2);
    expect(alerts).toHaveLength(1);
    expect(recoveries).toMatchObject([{ name: 'leaderboard' }]);
  } finally {
    server.close();
    await Promise.all([meters.shutdown(), tracers.shutdown()]);
  }
});
