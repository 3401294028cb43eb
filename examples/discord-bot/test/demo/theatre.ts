import { once } from 'node:events';
import type { APIMessage } from 'discord.js';
import type { Exchange } from '../discord/exchange.ts';
import { Person, type Typed } from '../discord/person.ts';
import type { DiscordStandIn } from '../discord/stand-in.ts';
import { dim, drawn, heading } from './screen.ts';

/** Plays people at their keyboards, and prints what they see. */
export class Theatre {
  readonly #discord: DiscordStandIn;
  readonly #names = new Map<string, string>();
  /** Ms from each command and press to the bot's first word. */
  readonly #firstWords: number[] = [];
  /** Rejects when there is nothing more to wait for. */
  readonly #over: Promise<never>;

  constructor(discord: DiscordStandIn, over: Promise<never>) {
    this.#discord = discord;
    this.#over = over;
  }

  /** A player of the ladder, by the id that is theirs on Discord, too. */
  person(name: string, id: string): Person {
    this.#names.set(id, name);
    return new Person(this.#discord, name, id);
  }

  tell(text: string): void {
    console.log(`\n${heading(text)}`);
  }

  aside(text: string): void {
    console.log(`\n  ${dim(text)}`);
  }

  /** How fast it went. */
  sum(): void {
    const sorted = this.#firstWords.toSorted((a, b) => a - b);
    const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
    console.log(
      `\nFirst words of the bot: ${sorted.length}, in ${ms(median)} (median) and ${ms(sorted.at(-1) ?? 0)} (slowest); ` +
        'Discord takes them for 3,000 ms.',
    );
  }

  async types(person: Person, command: string, typed: Typed = {}): Promise<APIMessage> {
    const options = Object.entries(typed).map(
      ([name, value]) => `${name}:${value instanceof Person ? `@${nameOf(value)}` : value}`,
    );
    console.log(`\n  ${nameOf(person)} types ${[`/${command}`, ...options].join(' ')}`);
    return this.#see(person.types(command, typed));
  }

  async presses(person: Person, message: APIMessage, label: string): Promise<APIMessage> {
    console.log(`\n  ${nameOf(person)} presses [${label}]`);
    return this.#see(person.presses(message, label));
  }

  /** What is offered while somebody types. */
  async suggestions(person: Person, command: string, option: string, text: string): Promise<void> {
    console.log(`\n  ${nameOf(person)} begins to type /${command} ${option}:${text}`);
    const choices = await this.until(person.suggestions(command, option, text));
    for (const { name } of choices) console.log(`  ${dim('┆')} ${name}`);
  }

  /** What stands beside the bot's name, as soon as it is such. */
  async presence(pattern: RegExp): Promise<void> {
    const { gateway, bot } = this.#discord;
    for (;;) {
      const { activities = [], status } = gateway.presence ?? {};
      const text = activities[0]?.state ?? '';
      if (pattern.test(text)) {
        console.log(`\n  ● ${bot.username} ${dim(`(${status})`)} ${text}`);
        return;
      }
      await this.until(once(gateway, 'presence'));
    }
  }

  /** The promise, but for the end of everything. */
  until<T>(promise: Promise<T>): Promise<T> {
    return Promise.race([promise, this.#over]);
  }

  async #see(exchange: Exchange): Promise<APIMessage> {
    const start = performance.now();
    await this.until(exchange.acknowledged);
    const first = performance.now() - start;
    this.#firstWords.push(first);
    const { message } = await this.until(exchange.shown);
    const whole = performance.now() - start;
    const lines = drawn(message, (id) => this.#names.get(id) ?? id);
    console.log(lines.join('\n'));
    const thinking = whole - first > 1 ? `"thinking …" after ${ms(first)}, ` : '';
    console.log(dim(`    ${thinking}answered after ${ms(whole)}`));
    return message;
  }
}

function nameOf({ user }: Person): string {
  return user.global_name ?? user.username;
}

function ms(value: number): string {
  return `${Math.max(1, Math.round(value))} ms`;
}
