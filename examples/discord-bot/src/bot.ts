import { createClient } from '@supabase/supabase-js';
import { type Client, Events, GatewayCloseCodes } from 'discord.js';
import { type BoardCache, type BoardOptions, boardCache, logBoard } from './board.ts';
import { commandsOf } from './commands.ts';
import type { Config } from './config.ts';
import { discordClient } from './discord.ts';
import { Interactions } from './interactions.ts';
import type { Log } from './log.ts';
import { Presence, type PresenceOptions } from './presence.ts';
import { within } from './within.ts';

export interface BotOptions {
  /** How the board is kept. */
  readonly board?: Partial<BoardOptions>;
  /** How often the presence is renewed. */
  readonly presence?: PresenceOptions;
  /** Ms that somebody is kept waiting at most: for the first board, and for a match to be recorded. */
  readonly patience?: number;
  /** Ms that each step may take when the bot is stopped: to end what is under way, to tell those who wait, to log off. */
  readonly grace?: number;
}

/** The bot: a connection to Discord, and a leaderboard that is kept hot. */
export class Bot {
  readonly board: BoardCache;
  /** Resolves when Discord will have the bot no more, as when its token has been replaced. */
  readonly dismissed: Promise<Error>;
  readonly #config: Config;
  readonly #client: Client<boolean>;
  readonly #interactions: Interactions;
  readonly #presence: Presence;
  readonly #grace: number;
  /** Aborted when what is under way has to end. */
  readonly #ending = new AbortController();
  #login: Promise<unknown> = Promise.resolve();
  #stopped: Promise<void> | undefined;

  constructor(config: Config, log: Log, options: BotOptions = {}) {
    const { patience = 10_000, grace = 4000 } = options;
    const supabase = createClient(config.supabaseUrl, config.supabaseKey, {
      auth: { persistSession: false, autoRefreshToken: false },
    });
    this.#config = config;
    this.#grace = grace;
    this.board = boardCache(supabase, { ttl: config.refreshInterval, ...options.board });
    logBoard(this.board, log);
    this.#client = discordClient(config, log);
    const { signal } = this.#ending;
    this.#interactions = new Interactions(
      commandsOf({ cache: this.board, client: supabase, log, patience, signal }),
      log,
    );
    const presence = options.presence ?? { interval: 15_000, gap: 5000 };
    this.#presence = new Presence(this.#client, this.board, presence);
    this.#client.on(Events.InteractionCreate, (interaction) =>
      this.#interactions.handle(interaction),
    );
    this.dismissed = dismissal(this.#client);
  }

  /**
   * Logs in. The board is read meanwhile: mostly it is there before the first command.
   *
   * @throws Discord refuses the token, or can't be reached.
   */
  async start(): Promise<void> {
    this.board.start();
    this.#presence.start();
    this.#login = this.#client.login(this.#config.token);
    await this.#login;
  }

  /** Answers what is under way, then leaves. Nothing is left open, if Discord is there. */
  stop(): Promise<void> {
    this.#stopped ??= this.#leave();
    return this.#stopped;
  }

  async #leave(): Promise<void> {
    this.#interactions.close();
    this.#presence.stop();
    // Whoever waits for the board is told so; a match that is being recorded may end well.
    const stopped = this.board.stop();
    await this.#interactions.settled(this.#grace);
    this.#ending.abort();
    await this.#interactions.settled(this.#grace);
    await stopped;
    // A client that is destroyed as it logs in would go on with that.
    await within(this.#grace, this.#login);
    // It waits for Discord to close the connection too, which a network that is gone keeps from happening.
    await within(this.#grace, this.#client.destroy());
  }
}

function dismissal(client: Client): Promise<Error> {
  const { promise, resolve } = Promise.withResolvers<Error>();
  client.on(Events.ShardDisconnect, ({ code }) => {
    const reason = GatewayCloseCodes[code] ?? 'for good';
    resolve(new Error(`Discord has ended the connection: ${code} ${reason}`));
  });
  return promise;
}
