import { Writable } from 'node:stream';
import { type Logger as Pino, pino } from 'pino';
import winston from 'winston';

/** One line as a logger wrote it. */
export type Line = Record<string, unknown>;

function memory(): { readonly lines: Line[]; readonly stream: Writable } {
  const lines: Line[] = [];
  const stream = new Writable({
    write: (chunk: Buffer, _encoding, done) => {
      lines.push(JSON.parse(chunk.toString()) as Line);
      done();
    },
  });
  return { lines, stream };
}

/** The real pino, without what is the same in each line. */
export function pinoLogger(level = 'debug'): { readonly lines: Line[]; readonly logger: Pino } {
  const { lines, stream } = memory();
  const options = { level, base: null, timestamp: false, formatters: { level: levelLabel } };
  return { lines, logger: pino(options, stream) };
}

function levelLabel(level: string): { level: string } {
  return { level };
}

/** The real winston. */
export function winstonLogger(options: winston.LoggerOptions = {}): {
  readonly lines: Line[];
  readonly logger: winston.Logger;
} {
  const { lines, stream } = memory();
  const transports = [new winston.transports.Stream({ stream })];
  return { lines, logger: winston.createLogger({ level: 'debug', transports, ...options }) };
}

/** Level and message of each line. */
export function textOf(lines: readonly Line[]): string[] {
  return lines.map(({ level, msg, message }) => `${level}: ${msg ?? message}`);
}
