import { execFileSync, spawnSync } from 'node:child_process';

/** Whether Prometheus' own tool is on the path; where it has to be, its lack fails a test. */
export const hasPromtool: boolean =
  spawnSync('promtool', ['--version']).error === undefined ||
  process.env['EXPECT_PROMTOOL'] !== undefined;

/** Runs it; throws with what it has to say, if it finds anything. */
export function promtool(args: readonly string[], input?: string): string {
  return execFileSync('promtool', args, { encoding: 'utf8', input, stdio: 'pipe' });
}
