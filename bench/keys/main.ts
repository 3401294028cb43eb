// What a hundred thousand keys cost, beside lru-cache and layered-loader, each in a process of its own; and how level the
// load of a thousand is. `npm run bench:keys -- 10000` takes fewer.
import { fork } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { table } from '../leaderboard/figures.ts';
import type { Result } from './kind.ts';
import { KINDS } from './kinds.ts';
import type { Level } from './level.ts';

async function answerOf<T>(script: string, ...args: string[]): Promise<T> {
  const child = fork(join(import.meta.dirname, script), args, { execArgv: ['--expose-gc'] });
  const ended = once(child, 'exit');
  const [answer] = await Promise.race([once(child, 'message'), ended]);
  if (typeof answer !== 'object') throw new Error(`${script} ${args}: ended with ${answer}`);
  child.disconnect();
  await ended;
  return answer as T;
}

const count = Number(process.argv[2] ?? 100_000);
if (!Number.isSafeInteger(count) || count < 1) throw new RangeError(`no number of keys: ${count}`);
const rows: string[][] = [];
for (const name of Object.keys(KINDS)) {
  const { bytes, fill, blocked, reload, read, idle } = await answerOf<Result>(
    'kind.ts',
    name,
    String(count),
  );
  rows.push([
    name,
    `${bytes.toFixed(0)} B`,
    `${fill.toFixed(1)} us`,
    `${blocked.toFixed(1)} ms`,
    `${reload.toFixed(1)} us`,
    `${read.toFixed(0)} ns`,
    `${idle.toFixed(2)} %`,
  ]);
}
console.log(`\n${count.toLocaleString('en')} keys\n`);
console.log(
  table([
    ['', 'a key', 'loaded first', 'longest turn', 'loaded anew', 'a read', 'idle CPU'],
    ...rows,
  ]),
);
const { started, invalidated } = await answerOf<Level>('level.ts');
console.log('\nThe most loads in any tenth of an interval, of a thousand keys, beside the mean\n');
console.log(`  from the start on             ${started.toFixed(2)} x`);
console.log(`  after all were invalidated    ${invalidated.toFixed(2)} x`);
console.log(`\nNode ${process.version}, ${process.arch}`);
