// The leaderboard at scale, on a real stack: whether its refresh is felt, what its pages, its memory, its build and its
// delta refreshes cost. `npm run bench:leaderboard -- --rows 1000000`; each part in a process of its own.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { count } from './figures.ts';
import { startStackApart } from './stack.ts';

/** In earnest the database has a machine of its own; here it would take the cores from what is measured. */
const NICE = 19;
const PARTS = ['refresh', 'pages', 'memory', 'build', 'delta'];

const { values } = parseArgs({
  options: {
    rows: { type: 'string', default: '30000' },
    nice: { type: 'string', default: String(NICE) },
    only: { type: 'string', default: PARTS.join() },
  },
});
const rows = Number(values.rows);
const nice = Number(values.nice);
const parts = values.only.split(',');
const isRight =
  Number.isSafeInteger(rows) &&
  rows >= 1000 &&
  Math.abs(nice) <= 20 &&
  parts.every((part) => PARTS.includes(part));
if (!isRight) {
  console.error(`npm run bench:leaderboard -- [options]

  --rows N     rows on the board, at least 1000 (default 30000)
  --nice N     how far the stack's processes stand back, from -20 to 19 (default ${NICE})
  --only A,B   of the parts ${PARTS.join(', ')} (default all)
`);
  process.exit(2);
}

const began = performance.now();
await using stack = await startStackApart(rows, nice);
const seconds = (since: number): string => `${((performance.now() - since) / 1000).toFixed(0)} s`;
console.log(
  `PostgreSQL and PostgREST with ${count(rows)} rows, at nice ${nice}: ${seconds(began)}`,
);
for (const part of parts) {
  const { url, key, pg } = stack;
  const script = join(import.meta.dirname, `${part}.ts`);
  const args = ['--expose-gc', script, JSON.stringify({ url, key, pg, rows })];
  const child = spawn(process.execPath, args, { stdio: 'inherit' });
  const [code] = await once(child, 'exit');
  if (code !== 0) process.exitCode = 1;
}
console.log(`\nNode ${process.version}, ${process.arch}; ${seconds(began)}`);
