import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Report } from './child.ts';
import type { ScenarioName } from './scenarios.ts';
import type { WarmHits } from './warm-hit.ts';

/** Ms that a child may take in all, and those in which it is to end after its report. */
const KILL_AFTER = 300_000;
const EXIT_WITHIN = 3000;

interface Ending {
  readonly json: string;
  readonly exited: boolean;
}

/** Runs a script that writes JSON to descriptor 3, and ends it if it doesn't end by itself. */
function start(script: string, ...args: string[]): Promise<Ending> {
  const { promise, resolve, reject } = Promise.withResolvers<Ending>();
  const path = fileURLToPath(new URL(script, import.meta.url));
  const child = spawn(process.execPath, [path, ...args], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
  });
  let exited = true;
  const kill = (): void => {
    exited = false;
    child.kill('SIGKILL');
  };
  let timer = setTimeout(kill, KILL_AFTER);
  let json = '';
  let errors = '';
  child.stdio[2]?.on('data', (chunk) => {
    errors += chunk;
  });
  child.stdio[3]?.on('data', (chunk) => {
    json += chunk;
    clearTimeout(timer);
    timer = setTimeout(kill, EXIT_WITHIN);
  });
  child.on('close', () => {
    clearTimeout(timer);
    if (json) resolve({ json, exited });
    else reject(new Error(`${[script, ...args].join(' ')}: ${errors || 'it hung'}`));
  });
  return promise;
}

/** JSON has no infinity. */
const infinite = (_key: string, value: unknown): unknown => (value === '∞' ? Infinity : value);

/** Runs a scenario with a peer, in a process of its own. */
export async function run(scenario: ScenarioName, adapter: string): Promise<Report> {
  const { json, exited } = await start('child.ts', scenario, adapter);
  const report = JSON.parse(json, infinite) as Report;
  if (scenario !== 'exit') return report;
  const endsClosed = exited || (await start('child.ts', scenario, adapter, '--close')).exited;
  return { ...report, figures: { stays: exited ? 0 : endsClosed ? 1 : 2 } };
}

export async function timeWarmHits(): Promise<WarmHits> {
  return JSON.parse((await start('warm-hit.ts')).json) as WarmHits;
}
