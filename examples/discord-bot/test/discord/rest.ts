import type { IncomingMessage, ServerResponse } from 'node:http';
import { json } from 'node:stream/consumers';
import { notFound, Refusal, unauthorized } from './errors.ts';

/** A request that a route is asked for. */
export interface Call {
  /** What the groups of the route's pattern matched. */
  readonly parts: readonly string[];
  readonly body: unknown;
}

/** What a route answers: JSON, or nothing (204). */
export type Route = (call: Call) => unknown;

/** A method and a pattern of the path after `/api/v10`; and whether the bot's token must come with it. */
export interface RouteEntry {
  readonly method: string;
  readonly path: RegExp;
  readonly needsToken: boolean;
  readonly run: Route;
}

const PREFIX = '/api/v10';

/** Discord's REST: routes, tokens, rate limits in the headers, errors in Discord's form. */
export class Rest {
  readonly #token: string;
  readonly #routes: readonly RouteEntry[];
  /** Statuses that the next requests to a path are answered with, as in an incident of Discord's own. */
  readonly incidents: { readonly path: RegExp; readonly status: number }[] = [];
  /** What has come: the method and the path. */
  readonly requests: string[] = [];
  #held: Promise<void> = Promise.resolve();

  constructor(token: string, routes: readonly RouteEntry[]) {
    this.#token = token;
    this.#routes = routes;
  }

  /** Answers nothing until the function is called that it returns. */
  hold(): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#held = promise;
    return resolve;
  }

  async handle(request: IncomingMessage, response: ServerResponse): Promise<void> {
    try {
      const answer = await this.#answer(request);
      respond(response, answer === undefined ? 204 : 200, answer);
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      respond(response, error.status, error);
    }
  }

  async #answer(request: IncomingMessage): Promise<unknown> {
    const { method = '', headers } = request;
    const pathname = decodeURIComponent(new URL(request.url ?? '/', 'http://localhost').pathname);
    const body = headers['content-type']?.startsWith('application/json')
      ? await json(request)
      : undefined;
    this.requests.push(`${method} ${pathname}`);
    await this.#held;
    const incident = this.incidents.findIndex(({ path }) => path.test(pathname));
    if (incident !== -1) {
      const [{ status } = { status: 500 }] = this.incidents.splice(incident, 1);
      throw new Refusal(status, 0, 'Internal Server Error');
    }
    for (const route of this.#routes) {
      const match = route.method === method && route.path.exec(pathname.slice(PREFIX.length));
      if (!match || !pathname.startsWith(PREFIX)) continue;
      if (route.needsToken && headers.authorization !== `Bot ${this.#token}`) throw unauthorized();
      return route.run({ parts: match.slice(1), body });
    }
    throw notFound();
  }
}

function respond(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, {
    ...(body !== undefined && { 'content-type': 'application/json' }),
    'x-ratelimit-bucket': 'stand-in',
    'x-ratelimit-limit': '50',
    'x-ratelimit-remaining': '49',
    'x-ratelimit-reset-after': '1',
  });
  response.end(body === undefined ? undefined : JSON.stringify(body));
}
