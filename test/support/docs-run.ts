import { execFile } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Block, root } from './docs.ts';

/** What a block of code came to. */
export interface Outcome {
  readonly exitCode: number | string | null;
  readonly output: string;
  readonly errors: string;
}

const RUNNERS = ['vitest', '@jest/globals', 'node:test'] as const;
type Runner = (typeof RUNNERS)[number];

/** Where processes find what others before them have compiled. */
const COMPILED = join(root, 'node_modules/.cache/docs-test');
const WORLD = join(root, 'test/support/scripts/docs-world.ts');

/** A block is run unless it declares something: that is the reader's own, and not there. */
export function isRunnable({ language, code }: Block): boolean {
  return language === 'ts' && !/^(export )?declare /m.test(code);
}

/** Which test runner a block is a test of. */
function runnerOf({ code }: Block): Runner | undefined {
  return RUNNERS.find((name) => code.includes(`from '${name}'`));
}

/**
 * Runs a block in a process of its own, as a module of its own, until it ends by itself.
 *
 * @param env - Where the database is, and the API in front of it.
 */
export async function run(block: Block, env: Readonly<Record<string, string>>): Promise<Outcome> {
  const runner = runnerOf(block);
  if (runner) return runTest(block, runner);
  const args = ['--import', WORLD, '--input-type=module-typescript', '--eval', block.code];
  return execute(process.execPath, args, env);
}

/** Runs a block that is a test by the runner that it is for. */
async function runTest({ code, file, line }: Block, runner: Runner): Promise<Outcome> {
  const folder = join(root, '.docs-test', `${file.replaceAll(/\W/g, '-')}-${line}`);
  const write = (name: string, content: string): string => {
    mkdirSync(folder, { recursive: true });
    writeFileSync(join(folder, name), content);
    return join(folder, name);
  };
  const bin = (path: string): string => join(root, 'node_modules', path);
  const test = write('block.test.ts', code);
  try {
    if (runner === 'node:test') {
      return await execute(process.execPath, ['--import', WORLD, '--test', test]);
    }
    if (runner === 'vitest') {
      const config = write(
        'vitest.config.ts',
        `import config from '../../vitest.config.ts';
         export default { resolve: config.resolve, test: { include: ['block.test.ts'] } };`,
      );
      return await execute(process.execPath, [
        bin('vitest/vitest.mjs'),
        'run',
        ...['--root', folder, '--config', config],
      ]);
    }
    write(
      'transform.cjs',
      `const ts = require('typescript');
       const compilerOptions = { module: 'commonjs', target: 'es2023', esModuleInterop: true };
       exports.process = (code) => ({ code: ts.transpileModule(code, { compilerOptions }).outputText });`,
    );
    write(
      'jest.config.json',
      JSON.stringify({
        rootDir: root,
        roots: [folder],
        testMatch: ['**/block.test.ts'],
        transform: { '\\.[jt]s$': join(folder, 'transform.cjs') },
        // p-retry and what it imports are ES modules alone.
        transformIgnorePatterns: ['node_modules/(?!(p-retry|is-network-error)/)'],
        moduleNameMapper: { '^warm-cache$': '<rootDir>/src/index.ts' },
        haste: { enableSymlinks: false },
        modulePathIgnorePatterns: ['<rootDir>/(dist|site|bench)/'],
        cache: false,
      }),
    );
    return await execute(process.execPath, [
      bin('jest/bin/jest.js'),
      ...['--config', join(folder, 'jest.config.json')],
    ]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function execute(
  command: string,
  args: readonly string[],
  env: Readonly<Record<string, string>> = {},
): Promise<Outcome> {
  const {
    // Of this run: another runner within it is not to take itself for a part of it.
    VITEST: _a,
    VITEST_POOL_ID: _b,
    VITEST_WORKER_ID: _c,
    NODE_ENV: _d,
    NODE_OPTIONS: _e,
    NODE_TEST_CONTEXT: _f,
    ...outer
  } = process.env;
  return new Promise((resolve) => {
    execFile(
      command,
      args,
      {
        cwd: root,
        timeout: 100_000,
        env: { ...outer, NO_COLOR: '1', NODE_COMPILE_CACHE: COMPILED, ...env },
      },
      (error, output, errors) => {
        resolve({ exitCode: error ? (error.code ?? error.signal ?? null) : 0, output, errors });
      },
    );
  });
}
