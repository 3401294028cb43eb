/** How many causes of causes are told. */
const DEPTH = 4;
/** How many characters. */
const LONGEST = 500;

/** What went wrong, in one line: without what every error of a cache says, and with what `fetch failed` doesn't. */
export function reasonOf(error: unknown): string {
  try {
    return words(error, DEPTH).replaceAll(/\s+/g, ' ').trim().slice(0, LONGEST);
  } catch {
    return 'unprintable';
  }
}

/** A stable string to tell errors apart by, where there is one: the cache's own. */
export function codeOf(error: unknown): string | undefined {
  const { code } = Object(error) as { code?: unknown };
  return typeof code === 'string' ? code : undefined;
}

function words(error: unknown, depth: number): string {
  if (!(error instanceof Error)) return String(error);
  const { cause, message } = error;
  if ('cacheName' in error) {
    return cause === undefined
      ? message.replace(/^.*?: load \w+: |^.*?: /s, '')
      : words(cause, depth);
  }
  // That of several connections that were refused has no message at all.
  const own = message || codeOf(error) || error.name;
  if (cause === undefined || depth === 0) return own;
  const inner = words(cause, depth - 1);
  return own.includes(inner) ? own : `${own}: ${inner}`;
}
