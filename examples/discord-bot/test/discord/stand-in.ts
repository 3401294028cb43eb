import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type {
  APIInteractionResponse,
  APIMessage,
  APIUser,
  RESTPostAPIApplicationCommandsJSONBody,
  RESTPostAPIChannelMessageJSONBody,
} from 'discord.js';
import { unknownInteraction } from './errors.ts';
import { Exchange } from './exchange.ts';
import { Gateway } from './gateway.ts';
import { newId } from './ids.ts';
import { refusalOfCommands } from './limits.ts';
import { type Call, Rest, type Route, type RouteEntry } from './rest.ts';

export type Command = RESTPostAPIApplicationCommandsJSONBody;

/** Discord on the loopback interface, for one bot: its REST and its gateway, as far as a bot of commands meets them. */
export class DiscordStandIn {
  readonly token: string = 'a-token-that-only-the-stand-in-knows';
  readonly bot: APIUser = userOf('Ladder', true);
  readonly guildId: string = newId();
  readonly gateway: Gateway = new Gateway({
    token: this.token,
    bot: this.bot,
    guildId: this.guildId,
    url: () => `ws://127.0.0.1:${this.#port}`,
  });
  readonly rest: Rest = new Rest(this.token, this.#routes());
  /** The commands that are registered: for all guilds, and for the one alone. */
  commands: readonly Command[] = [];
  guildCommands: readonly Command[] = [];
  /** Interactions that the bot did not answer in time. */
  readonly unanswered: object[] = [];
  readonly #exchanges = new Map<string, Exchange>();
  readonly #server = createServer((request, response) => void this.rest.handle(request, response));

  async start(): Promise<this> {
    this.#server.on('upgrade', (request, socket, head) =>
      this.gateway.upgrade(request, socket, head),
    );
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    return this;
  }

  /** For the option `rest.api` of a client. */
  get api(): string {
    return `http://127.0.0.1:${this.#port}/api`;
  }

  async stop(): Promise<void> {
    this.gateway.close();
    const closed = once(this.#server, 'close');
    this.#server.close();
    this.#server.closeAllConnections();
    await closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  /** Hands an interaction to the bot. */
  interact(
    interaction: object,
    newMessage: (interactionId: string) => APIMessage,
    pressedOn?: APIMessage,
  ): Exchange {
    const exchange: Exchange = new Exchange(() => newMessage(exchange.id), pressedOn);
    this.#exchanges.set(exchange.token, exchange);
    exchange.acknowledged.catch(() => this.unanswered.push(interaction));
    const { id, token } = exchange;
    this.gateway.dispatch('INTERACTION_CREATE', {
      id,
      token,
      application_id: this.bot.id,
      version: 1,
      ...interaction,
    });
    return exchange;
  }

  get #port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  #routes(): RouteEntry[] {
    const route = (method: string, path: RegExp, run: Route, needsToken = true): RouteEntry => ({
      method,
      path,
      needsToken,
      run,
    });
    const webhook = /^\/webhooks\/(\d+)\/([^/]+)/.source;
    return [
      route('GET', /^\/gateway\/bot$/, () => this.#gatewayInformation()),
      route('GET', /^\/applications\/@me$/, () => ({ id: this.bot.id, name: 'Ladder' })),
      route('PUT', /^\/applications\/(\d+)\/commands$/, (call) => {
        this.commands = registered(call);
        return this.commands;
      }),
      route('PUT', /^\/applications\/(\d+)\/guilds\/(\d+)\/commands$/, (call) => {
        this.guildCommands = registered(call);
        return this.guildCommands;
      }),
      route(
        'POST',
        /^\/interactions\/\d+\/([^/]+)\/callback$/,
        ({ parts: [token], body }) => this.#of(token).respond(body as APIInteractionResponse),
        false,
      ),
      route(
        'POST',
        new RegExp(`${webhook}$`),
        ({ parts: [, token], body }) => this.#of(token).followUp(messageOf(body)),
        false,
      ),
      route(
        'PATCH',
        new RegExp(`${webhook}/messages/@original$`),
        ({ parts: [, token], body }) => this.#of(token).edit(messageOf(body)),
        false,
      ),
    ];
  }

  #of(token = ''): Exchange {
    const exchange = this.#exchanges.get(token);
    if (!exchange) throw unknownInteraction();
    return exchange;
  }

  #gatewayInformation(): object {
    return {
      url: `ws://127.0.0.1:${this.#port}`,
      shards: 1,
      session_start_limit: {
        total: 1000,
        remaining: 999,
        reset_after: 86_400_000,
        max_concurrency: 1,
      },
    };
  }
}

export function userOf(name: string, bot = false, id: string = newId()): APIUser {
  return {
    id,
    username: name,
    discriminator: '0',
    global_name: name,
    avatar: null,
    bot,
  };
}

function registered({ body }: Call): readonly Command[] {
  const commands = body as readonly Command[];
  const refusal = refusalOfCommands(commands);
  if (refusal) throw refusal;
  return commands;
}

function messageOf(body: unknown): RESTPostAPIChannelMessageJSONBody {
  return body as RESTPostAPIChannelMessageJSONBody;
}
