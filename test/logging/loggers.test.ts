import { Console } from 'node:console';
import { Writable } from 'node:stream';
import Fastify from 'fastify';
import { describe, expect, it, vi } from 'vitest';
import { type LogCall, type LoggerLike, logTo } from 'warm-cache/logging';
import winston from 'winston';
import { fakeTime } from '../support/loads.ts';
import { type Line, pinoLogger, textOf, winstonLogger } from './loggers.ts';

const makeCache = fakeTime();

/** Has one value loaded, and one load fail; its text is one that a logger might take for a format. */
async function loggedBy(logger: LoggerLike, call?: LogCall): Promise<void> {
  let up = true;
  const cache = makeCache({
    name: 'board',
    loader: () => {
      if (!up) throw new Error('100 %s %d %j %% done');
      return ['a', 'b'];
    },
  });
  logTo(logger, cache, { level: 'info', call });
  await cache.get();
  up = false;
  await cache.refresh().catch(() => {});
}

const REFRESH = 'board refreshed in 0 ms, 2 rows';
const OUTAGE =
  'board fails to load: 100 %s %d %j %% done; serving the value of 0 ms ago, next try in 1 s';
const TEXT = [`info: ${REFRESH}`, `warn: ${OUTAGE}`];
const FIELDS = [
  { cache: 'board', event: 'refresh', rows: 2 },
  { cache: 'board', event: 'outage', serving: true },
];

function expectLines(lines: readonly Line[]): void {
  expect(textOf(lines)).toEqual(TEXT);
  expect(lines).toMatchObject(FIELDS);
}

describe('text and fields arrive whole at', () => {
  it('pino, and a child of it', async () => {
    const { lines, logger } = pinoLogger();
    await loggedBy(logger);
    expectLines(lines);
    lines.length = 0;
    await loggedBy(logger.child({ shard: 3 }));
    expectLines(lines);
    expect(lines[0]).toMatchObject({ shard: 3 });
  });

  it('winston, a child of it, and winston with its splat format', async () => {
    const { lines, logger } = winstonLogger();
    await loggedBy(logger);
    expectLines(lines);
    lines.length = 0;
    await loggedBy(logger.child({ shard: 3 }));
    expectLines(lines);
    expect(lines[0]).toMatchObject({ shard: 3 });
    const { combine, json, splat } = winston.format;
    const splatting = winstonLogger({ format: combine(splat(), json()) });
    await loggedBy(splatting.logger);
    expectLines(splatting.lines);
  });

  it('the logger that winston’s module is', async () => {
    const { lines, logger } = winstonLogger();
    winston.configure({ level: 'debug', transports: logger.transports });
    await loggedBy(winston);
    expectLines(lines);
  });

  it('winston with syslog’s levels, where warn is warning', async () => {
    const { lines, logger } = winstonLogger({ levels: winston.config.syslog.levels });
    await loggedBy(logger);
    expect(textOf(lines)).toEqual([TEXT[0], TEXT[1]?.replace('warn', 'warning')]);
  });

  it('Fastify’s logger', async () => {
    const { lines, logger } = pinoLogger();
    const app = Fastify({ loggerInstance: logger });
    await loggedBy(app.log);
    expectLines(lines);
    await app.close();
  });

  it('one that takes the message first', async () => {
    const lines: Line[] = [];
    const at =
      (level: string) =>
      (message: string, fields: object): void => {
        lines.push({ level, message, ...fields });
      };
    await loggedBy({ info: at('info'), warn: at('warn'), error: at('error') });
    expectLines(lines);
  });

  it.each([
    ['object, message', (fields: object, message: string) => ({ message, ...fields })],
    ['message, object', (message: string, fields: object) => ({ message, ...fields })],
    ['object', (fields: object) => fields],
  ] as [LogCall, (...args: never[]) => object][])(
    'one that is called with `%s`',
    async (call, lineOf) => {
      const lines: Line[] = [];
      const at =
        (level: string) =>
        (...args: never[]): void => {
          lines.push({ level, ...lineOf(...args) });
        };
      await loggedBy({ info: at('info'), warn: at('warn'), error: at('error') }, call);
      expectLines(lines);
    },
  );
});

describe('text alone is printed by', () => {
  it('a real console', async () => {
    const printed: string[] = [];
    const stream = new Writable({
      write: (chunk: Buffer, _encoding, done) => {
        printed.push(chunk.toString());
        done();
      },
    });
    await loggedBy(new Console(stream));
    expect(printed).toEqual([`${REFRESH}\n`, `${OUTAGE}\n`]);
  });

  it('the console, without what is at debug level', async () => {
    const info = vi.spyOn(console, 'info').mockImplementation(() => {});
    const warn = vi.spyOn(console, 'warn').mockImplementation(() => {});
    const debug = vi.spyOn(console, 'debug').mockImplementation(() => {});
    const cache = makeCache({ name: 'board', loader: () => ['a', 'b'] });
    logTo(console, cache);
    await cache.get();
    void cache.invalidate();
    await loggedBy(console);
    expect(info.mock.calls.at(0)).toEqual([REFRESH]);
    expect(warn.mock.calls).toEqual([[OUTAGE]]);
    expect(debug).not.toHaveBeenCalled();
  });

  it('one that is said to take nothing else', async () => {
    const info = vi.fn();
    await loggedBy({ info, warn: info, error: info }, 'message');
    expect(info.mock.calls).toEqual([[REFRESH], [OUTAGE]]);
  });
});
