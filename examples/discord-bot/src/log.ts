/** Where the bot says what it does. */
export interface Log {
  info(text: string): void;
  warn(text: string): void;
  /** @param cause - What was thrown. */
  error(text: string, cause: unknown): void;
}

/** A line an event: to stdout, or what is wrong to stderr. */
export const consoleLog: Log = {
  info: (text) => console.log(lineOf('info', text)),
  warn: (text) => console.warn(lineOf('warn', text)),
  // The stack alone: what else Discord's errors carry would be pages, and a token that can be used for 15 min.
  error: (text, cause) =>
    console.error(lineOf('error', text), cause instanceof Error ? cause.stack : cause),
};

function lineOf(level: string, text: string): string {
  return `${new Date().toISOString()} ${level.padEnd(5)} ${text}`;
}

/** What an error says, and what of its causes it doesn't say yet. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  const reason = cause instanceof Error ? reasonOf(cause) : '';
  return message.includes(reason) ? message : `${message} (${reason})`;
}
