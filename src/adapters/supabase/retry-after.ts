/** What a timer can hold; the load's own deadline comes long before. */
const MOST_MS = 2 ** 31 - 1;

/** Ms that a `Retry-After` header asks for, in seconds or as a date (RFC 9110, section 10.2.3). */
export function delayOf(retryAfter: string | null | undefined): number | undefined {
  if (!retryAfter) return undefined;
  const isSeconds = /^\d+$/.test(retryAfter);
  const delay = isSeconds ? Number(retryAfter) * 1000 : Date.parse(retryAfter) - Date.now();
  return Number.isNaN(delay) ? undefined : Math.min(Math.max(delay, 0), MOST_MS);
}

/** Resolves after `delay` ms, or rejects with the signal's reason; leaves neither timer nor listener. */
export function wait(delay: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const end = (): void => {
      clearTimeout(timer);
      signal.removeEventListener('abort', end);
      if (signal.aborted) reject(signal.reason);
      else resolve();
    };
    const timer = setTimeout(end, delay);
    timer.unref();
    signal.addEventListener('abort', end);
  });
}
