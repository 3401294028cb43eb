import { healthResponse } from 'warm-cache/health';

/** The body of a response. */
export interface Body {
  readonly status: string;
  readonly notes?: readonly string[];
  readonly checks: Readonly<Record<string, readonly Record<string, unknown>[]>>;
}

/** What caches answer. */
export async function answer(
  ...given: Parameters<typeof healthResponse>
): Promise<{ readonly response: Response; readonly status: number; readonly body: Body }> {
  const response = healthResponse(...given);
  return { response, status: response.status, body: (await response.json()) as Body };
}
