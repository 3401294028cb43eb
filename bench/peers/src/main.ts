// Runs every scenario with every peer, times their reads, prints the table and writes docs/comparison.md.
import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { adapterFiles, loadAdapter } from './adapters.ts';
import type { Report } from './child.ts';
import { page } from './document.ts';
import type { Result } from './results.ts';
import { run, timeWarmHits } from './run.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';
import { table } from './table.ts';

const at = (path: string): URL => new URL(path, import.meta.url);

function versionOf(name: string): string {
  const folder = name === 'warm-cache' ? '../../..' : `../node_modules/${name}`;
  const { version } = JSON.parse(readFileSync(at(`${folder}/package.json`), 'utf8')) as {
    version: string;
  };
  return version;
}

/** As many at a time as there are cores. */
async function pooled<T>(tasks: (() => Promise<T>)[]): Promise<T[]> {
  const results: T[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    for (let i = next++; i < tasks.length; i = next++)
      results[i] = await (tasks[i] as () => Promise<T>)();
  };
  await Promise.all(Array.from({ length: availableParallelism() }, worker));
  return results;
}

const names = Object.keys(scenarios) as ScenarioName[];
const pairs = adapterFiles.flatMap((file) => names.map((name) => ({ file, name })));
const reports = await pooled(
  pairs.map(
    ({ file, name }) =>
      () =>
        run(name, file),
  ),
);
const hits = await timeWarmHits();

const results: Result[] = [];
for (const file of adapterFiles) {
  const adapter = await loadAdapter(file);
  const entries = pairs.flatMap((pair, i) => (pair.file === file ? [[pair.name, reports[i]]] : []));
  results.push({
    adapter,
    version: versionOf(adapter.name),
    reports: Object.fromEntries(entries) as Record<ScenarioName, Report>,
    awaited: hits.awaited[file] ?? Number.NaN,
    sync: hits.sync[file],
  });
}
console.log(table(results));
writeFileSync(at('../../../docs/comparison.md'), page(results));
