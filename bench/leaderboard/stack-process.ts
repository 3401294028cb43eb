// The stack in a process of its own, so that its gateway shares nobody's event loop. It ends with whoever forked it.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { setPriority } from 'node:os';
import { type SupabaseStack, startStack } from 'supabase-stack';
import type { Source } from './source.ts';

/** Ms between two looks for processes that PostgreSQL has started. */
const LOOK_INTERVAL = 500;

const [rows, nice] = process.argv.slice(2).map(Number) as [number, number];
// Before anything is started, which inherits it.
setPriority(nice);
const abandoned = new AbortController();
process.once('disconnect', () => abandoned.abort());
// What ends a whole group of processes reaches this one too; it ends when the one that forked it has.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {});
const stack = await startStack({ rows, signal: abandoned.signal }).catch((error) => {
  if (!abandoned.signal.aborted) throw error;
});
if (stack) {
  const looking = setInterval(() => standBack(stack), LOOK_INTERVAL);
  const stop = (): void => {
    clearInterval(looking);
    void stack.stop();
  };
  if (abandoned.signal.aborted) stop();
  else {
    process.once('disconnect', stop);
    standBack(stack);
    process.send?.({ url: stack.url, key: stack.anonKey, pg: stack.pg, rows } satisfies Source);
  }
}

/**
 * Each of the stack's programs is a session of its own. Where Linux has autogroups it shares the cores among sessions
 * first, by a niceness that they have for themselves: that of a process counts within its session alone.
 */
function standBack({ pids: { postgres, postgrest } }: SupabaseStack): void {
  if (process.platform !== 'linux' || !postgres) return;
  for (const pid of [process.pid, postgres, postgrest, ...childrenOf(postgres)]) {
    try {
      writeFileSync(`/proc/${pid}/autogroup`, String(nice));
    } catch {
      // It has ended, or there are no autogroups.
    }
  }
}

function childrenOf(parent: number): number[] {
  const pids = readdirSync('/proc').map(Number);
  return pids.filter((pid) => {
    try {
      const [, ppid] = /\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? [];
      return Number(ppid) === parent;
    } catch {
      return false;
    }
  });
}
