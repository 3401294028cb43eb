// Runs the tests on several majors of Node, on one machine: `npm run test:matrix -- 22 26`.
// The pinned Node is first on the path of npm scripts, so each run names its Node by its own path.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';

const root = resolve(import.meta.dirname, '..');
const majors = process.argv.length > 2 ? process.argv.slice(2) : ['22', '24', '26'];

/** The binary of this major, from npm's package `node`, kept outside the project. */
function nodeOf(major: string): string {
  const folder = join(tmpdir(), `warm-cache-node-${major}`);
  const binary = join(folder, 'node_modules', 'node', 'bin', 'node');
  if (!existsSync(binary)) {
    mkdirSync(folder, { recursive: true });
    writeFileSync(
      join(folder, 'package.json'),
      JSON.stringify({ private: true, allowScripts: { node: true } }),
    );
    const args = ['install', '--no-audit', '--no-fund', `node@${major}`];
    const { status } = spawnSync('npm', args, { cwd: folder, stdio: 'inherit' });
    if (status !== 0) throw new Error(`node@${major} could not be installed`);
  }
  return binary;
}

let failed = false;
for (const major of majors) {
  const node = nodeOf(major);
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  if (!stdout.startsWith(`v${major}.`)) throw new Error(`${node} is ${stdout}, not ${major}`);
  console.log(`\nNode ${stdout.trim()}`);
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const env = { ...process.env, EXPECTED_NODE: stdout.trim() };
  const { status } = spawnSync(node, [vitest, 'run'], { cwd: root, stdio: 'inherit', env });
  failed ||= status !== 0;
}
process.exitCode = failed ? 1 : 0;
