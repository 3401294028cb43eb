import { type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, afterEach, beforeAll, expect, vi } from 'vitest';
import { openHandles } from '../../../../test/support/open-handles.ts';
import { Bot, type BotOptions } from '../../src/bot.ts';
import type { Config } from '../../src/config.ts';
import { register } from '../../src/register.ts';
import { Person } from '../discord/person.ts';
import { DiscordStandIn } from '../discord/stand-in.ts';
import { Lines } from './lines.ts';

/** A real Supabase stack, a stand-in for Discord, and bots between them. */
export class Stage {
  stack!: SupabaseStack;
  discord!: DiscordStandIn;
  readonly log: Lines = new Lines();
  readonly #bots: Bot[] = [];
  readonly #residents: Bot[] = [];

  get config(): Config {
    return {
      token: this.discord.token,
      supabaseUrl: this.stack.url,
      supabaseKey: this.stack.anonKey,
      guildId: undefined,
      refreshInterval: 30_000,
      discordApi: this.discord.api,
    };
  }

  async open(rows: number): Promise<void> {
    this.stack = await startStack({ rows });
    this.discord = await new DiscordStandIn().start();
    await register(this.config);
  }

  async close(): Promise<void> {
    for (const bot of this.#residents.splice(0)) await this.#end(bot);
    await this.discord?.stop();
    await this.stack?.stop();
  }

  /** Starts a bot, which ends with the test. */
  async bot(options: BotOptions = {}, config: Partial<Config> = {}): Promise<Bot> {
    const bot = new Bot({ ...this.config, ...config }, this.log, options);
    this.#bots.push(bot);
    await bot.start();
    return bot;
  }

  /** Starts a bot whose board is there. */
  async warmBot(options?: BotOptions, config?: Partial<Config>): Promise<Bot> {
    const bot = await this.bot(options, config);
    await bot.board.ready();
    return bot;
  }

  /** Starts one for all tests of the file. */
  async resident(options?: BotOptions): Promise<Bot> {
    const bot = await this.warmBot(options);
    this.#residents.push(...this.#bots.splice(0));
    return bot;
  }

  /** Somebody new, or a player of the ladder. */
  person(name = 'Somebody', player?: string): Person {
    return new Person(this.discord, name, player);
  }

  query<Row extends object>(sql: string, ...values: unknown[]): Promise<Row[]> {
    return this.stack.query(sql, values);
  }

  /** What must hold after each test, whatever it was about. */
  async clear(): Promise<void> {
    for (const bot of this.#bots.splice(0)) await this.#end(bot);
    const { gateway } = this.discord;
    // The gateway's ends of the connections hear of it by and by.
    await vi.waitFor(() => expect(gateway.connections).toBe(this.#residents.length));
    expect(this.discord.unanswered.splice(0), 'not answered in time').toEqual([]);
    expect(this.log.errors.splice(0), 'unexpected errors').toEqual([]);
  }

  async #end(bot: Bot): Promise<void> {
    await bot.stop();
    expect(bot.board.health()).toMatchObject({ running: false, load: null, nextLoadAt: null });
  }
}

/** Sets a stage for the tests of a file, after which nothing may be open that was not before. */
export function setStage(rows: number): Stage {
  const stage = new Stage();
  let before: string[];
  beforeAll(async () => {
    before = openHandles();
    await stage.open(rows);
  }, 60_000);
  afterEach(() => stage.clear(), 60_000);
  afterAll(async () => {
    await stage.close();
    // The client's ends of the connections hear of it by and by.
    await vi.waitFor(() => expect(openHandles()).toEqual(before), { timeout: 30_000 });
  }, 60_000);
  return stage;
}
