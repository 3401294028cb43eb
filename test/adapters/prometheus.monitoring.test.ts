import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Registry } from 'prom-client';
import { beforeAll, describe, expect, it } from 'vitest';
import { WarmCache, WarmCacheMap } from 'warm-cache';
import { collect } from 'warm-cache/prometheus';
import { parse as parseYaml } from 'yaml';
import { root } from '../support/docs.ts';
import { type Family, lint, parse } from '../support/exposition.ts';
import { hasPromtool, promtool } from '../support/promtool.ts';

const folder = join(root, 'docs/monitoring');
const textOf = (name: string): string => readFileSync(join(folder, name), 'utf8');

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly { readonly alert: string; readonly expr: string }[];
  }[];
}
interface Dashboard {
  readonly templating: {
    readonly list: readonly { readonly name: string; readonly query: unknown }[];
  };
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly gridPos: {
      readonly x: number;
      readonly y: number;
      readonly w: number;
      readonly h: number;
    };
    readonly targets: readonly {
      readonly refId: string;
      readonly expr: string;
      readonly legendFormat: string;
    }[];
  }[];
}

const rules = parseYaml(textOf('alerts.yml')) as Rules;
const dashboard = JSON.parse(textOf('dashboard.json')) as Dashboard;
const alerts = rules.groups.flatMap((group) => group.rules);
const targets = dashboard.panels.flatMap(({ title, targets: own }) =>
  own.map((target) => ({ title, ...target })),
);
const queries = dashboard.templating.list
  .map(({ query }) => (query as { query?: string }).query)
  .filter((query) => query !== undefined);
const expressions: [string, string][] = [
  ...alerts.map(({ alert, expr }): [string, string] => [alert, expr]),
  ...targets.map(({ title, refId, expr }): [string, string] => [`${title} ${refId}`, expr]),
];

/** What isn't looked at by any rule or panel, and why that is right. */
const UNUSED: readonly string[] = [];
/** What Prometheus itself adds. */
const TARGET = ['instance', 'job'];

let text: string;
let families: Family[];
/** The labels of each metric that is exported, by its name in a query. */
let labelsOf: Map<string, Set<string>>;

/** A cache, and a map whose keys are told apart, with everything that can be told of them; scraped over HTTP. */
beforeAll(async () => {
  const registry = new Registry();
  await using cache = new WarmCache({ name: 'rates', loader: async () => 1, ttl: 60_000 });
  await using boards = new WarmCacheMap({
    name: 'boards "of"\\all',
    loader: async (key: string) => {
      if (key === 'bad') throw new Error('down');
      return key;
    },
    ttl: 60_000,
    maxEntries: 2,
    retry: { retries: 0 },
  });
  collect(cache, { registry });
  collect(boards, { registry, keys: true });
  const server = createServer(async (_request, response) => {
    response.setHeader('content-type', registry.contentType);
    response.end(await registry.metrics());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  try {
    await cache.get();
    await cache.get();
    for (const key of ['a', 'b "quoted"', 'bad']) await boards.get(key).catch(() => {});
    const { port } = server.address() as AddressInfo;
    const response = await fetch(`http://127.0.0.1:${port}/metrics`);
    expect(response.headers.get('content-type')).toMatch(/^text\/plain; version=0\.0\.4/);
    text = await response.text();
  } finally {
    server.close();
    server.closeAllConnections();
  }
  families = parse(text);
  labelsOf = new Map();
  for (const { samples } of families) {
    for (const { name, labels } of samples) {
      labelsOf.set(name, new Set([...(labelsOf.get(name) ?? []), ...Object.keys(labels)]));
    }
  }
});

/** The metrics of an expression, with the labels that are asked of each. */
function metricsIn(expression: string): { name: string; matchers: [string, string][] }[] {
  return [...expression.matchAll(/\b(warm_cache_\w+)(?:\{([^}]*)\})?/g)].map(([, name, inner]) => ({
    name: `${name}`,
    matchers: [...(inner ?? '').matchAll(/(\w+)(?:=~|!~|!=|=)"([^"]*)"/g)].map(
      ([, label, value]): [string, string] => [`${label}`, `${value}`],
    ),
  }));
}

/** What an expression groups by. */
function groupsIn(expression: string): string[] {
  return [...expression.matchAll(/\b(?:by|on|without) ?\(([^)]*)\)/g)].flatMap(([, list]) =>
    `${list}`.split(',').map((label) => label.trim()),
  );
}

describe('a scrape', () => {
  it('has each metric with its type, and the labels that tell its samples apart', () => {
    const told = families.map(({ name, type, samples }) => [
      name,
      type,
      [...new Set(samples.flatMap(({ labels }) => Object.keys(labels)))].toSorted().join(' '),
    ]);
    expect(told).toEqual([
      ['warm_cache_load_duration_seconds', 'histogram', 'cache key le outcome reason'],
      ['warm_cache_age_seconds', 'gauge', 'cache key'],
      ['warm_cache_status', 'gauge', 'cache key status'],
      ['warm_cache_reads_total', 'counter', 'cache kind'],
      ['warm_cache_consecutive_failures', 'gauge', 'cache key'],
      ['warm_cache_loads_in_flight', 'gauge', 'cache'],
      ['warm_cache_loads_abandoned', 'gauge', 'cache'],
      ['warm_cache_entries', 'gauge', 'cache status'],
      ['warm_cache_entries_failing', 'gauge', 'cache'],
      ['warm_cache_loads_queued', 'gauge', 'cache'],
      ['warm_cache_evictions_total', 'counter', 'cache'],
    ]);
  });

  it('has nothing that Prometheus’ conventions speak against', () => {
    expect(lint(families)).toEqual([]);
  });

  it.skipIf(!hasPromtool)('passes promtool check metrics', () => {
    expect(promtool(['check', 'metrics'], text)).toBe('');
  });
});

describe('the alert rules', () => {
  it('have a duration, a severity, and say what is the matter', () => {
    expect(alerts.map(({ alert }) => alert)).toEqual([
      'WarmCacheNothingToServe',
      'WarmCacheTooOld',
      'WarmCacheFailing',
      'WarmCacheSlow',
      'WarmCacheLoaderHung',
    ]);
    for (const alert of alerts) {
      expect(alert).toMatchObject({
        for: expect.stringMatching(/^\d+m$/),
        labels: { severity: expect.stringMatching(/^(warning|critical)$/) },
        annotations: { summary: expect.stringContaining('{{ $labels.cache }}') },
      });
    }
  });

  it('have tests, each that it wakes and that it lets sleep', () => {
    const { tests } = parseYaml(textOf('alerts.test.yml')) as {
      tests: { alert_rule_test: { alertname: string; exp_alerts?: unknown[] }[] }[];
    };
    const all = tests.flatMap((test) => test.alert_rule_test);
    const named = (wakes: boolean) =>
      new Set(
        all.filter((test) => Boolean(test.exp_alerts) === wakes).map((test) => test.alertname),
      );
    const names = new Set(alerts.map(({ alert }) => alert));
    expect(named(true)).toEqual(names);
    expect(named(false)).toEqual(names);
  });

  it.skipIf(!hasPromtool)('pass promtool check rules, and their tests', () => {
    promtool(['check', 'rules', '--lint-fatal', join(folder, 'alerts.yml')]);
    promtool(['test', 'rules', join(folder, 'alerts.test.yml')]);
  });
});

describe('the dashboard', () => {
  it('has panels that lie beside each other, and queries that are told apart', () => {
    const ids = dashboard.panels.map(({ id }) => id);
    expect(new Set(ids).size).toBe(ids.length);
    const taken = new Set<string>();
    for (const { gridPos, targets: own, title } of dashboard.panels) {
      const { x, y, w, h } = gridPos;
      expect(x + w, title).toBeLessThanOrEqual(24);
      for (let column = x; column < x + w; column++) {
        for (let row = y; row < y + h; row++) {
          expect(taken, title).not.toContain(`${column} ${row}`);
          taken.add(`${column} ${row}`);
        }
      }
      expect(new Set(own.map(({ refId }) => refId)).size).toBe(own.length);
    }
  });

  it('names in a legend what the query groups by', () => {
    for (const { expr, legendFormat, title } of targets) {
      for (const [, label] of legendFormat.matchAll(/\{\{(\w+)\}\}/g)) {
        expect(groupsIn(expr), title).toContain(label);
      }
    }
  });

  it('asks only for variables that it has', () => {
    const known = new Set([
      ...dashboard.templating.list.map(({ name }) => name),
      '__rate_interval',
    ]);
    for (const text of [...expressions.map(([, expr]) => expr), ...queries]) {
      for (const [, name] of text.matchAll(/\$(\w+)/g)) expect(known).toContain(name);
    }
  });

  it.skipIf(!hasPromtool)('has queries that Prometheus can read', () => {
    const record = targets.map(({ expr }, i) => ({
      record: `query_${i}`,
      expr: expr.replaceAll('$__rate_interval', '5m').replaceAll(/\$\w+/g, 'x'),
    }));
    const scratch = mkdtempSync(join(tmpdir(), 'warm-cache-queries-'));
    try {
      const file = join(scratch, 'queries.yml');
      writeFileSync(file, JSON.stringify({ groups: [{ name: 'queries', rules: record }] }));
      promtool(['check', 'rules', '--lint=none', file]);
    } finally {
      rmSync(scratch, { recursive: true });
    }
  });
});

describe('rules and dashboard ask for what is exported', () => {
  it.each(expressions)('%s', (_, expression) => {
    const metrics = metricsIn(expression);
    expect(metrics.length).toBeGreaterThan(0);
    for (const { name, matchers } of metrics) {
      expect([...labelsOf.keys()]).toContain(name);
      for (const [label, value] of matchers) {
        expect([...TARGET, ...(labelsOf.get(name) ?? [])]).toContain(label);
        if (value.startsWith('$')) continue;
        const exported = families
          .flatMap((family) => family.samples)
          .filter((sample) => sample.name === name)
          .map((sample) => sample.labels[label]);
        for (const one of value.split('|')) expect(exported).toContain(one);
      }
    }
    const labels = metrics.flatMap(({ name }) => [...(labelsOf.get(name) ?? [])]);
    for (const group of groupsIn(expression)) expect([...TARGET, ...labels]).toContain(group);
  });

  it('in the variables of the dashboard too', () => {
    expect(queries.length).toBeGreaterThan(0);
    for (const query of queries) {
      for (const { name } of metricsIn(query)) expect([...labelsOf.keys()]).toContain(name);
    }
  });

  it('and for all of it, but what is listed here', () => {
    const asked = expressions
      .flatMap(([, expression]) => metricsIn(expression))
      .map(({ name }) => name);
    const unused = families
      .map(({ name }) => name)
      .filter((name) => !asked.some((one) => one.startsWith(name) && isOf(one, name)));
    expect(unused).toEqual(UNUSED);
  });
});

/** Whether that name in a query is of this metric: of a histogram each has a suffix. */
function isOf(asked: string, metric: string): boolean {
  return ['', '_bucket', '_sum', '_count'].includes(asked.slice(metric.length));
}
