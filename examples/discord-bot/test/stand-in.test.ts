import { once } from 'node:events';
import {
  GatewayCloseCodes,
  GatewayIntentBits,
  GatewayOpcodes,
  InteractionResponseType,
  RESTJSONErrorCodes,
} from 'discord.js';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import type { Exchange } from './discord/exchange.ts';
import { Person } from './discord/person.ts';
import { DiscordStandIn } from './discord/stand-in.ts';

// What the other tests lean on: the stand-in refuses what Discord refuses.

let discord: DiscordStandIn;

beforeEach(async () => {
  discord = await new DiscordStandIn().start();
  return () => discord.stop();
});

describe('the gateway', () => {
  const { Heartbeat, Identify, PresenceUpdate, Resume } = GatewayOpcodes;
  const identify = (d: object = {}): object => ({
    op: Identify,
    d: { token: discord.token, intents: 0, properties: {}, ...d },
  });

  async function connected(query = '?v=10&encoding=json'): Promise<WebSocket> {
    const socket = new WebSocket(discord.api.replace(/^http/, 'ws') + query);
    await once(socket, 'open');
    return socket;
  }

  async function closed(socket: WebSocket, ...messages: readonly unknown[]): Promise<number> {
    const end = once(socket, 'close');
    for (const message of messages) {
      socket.send(typeof message === 'string' ? message : JSON.stringify(message));
    }
    return Number((await end)[0]);
  }

  it.each([
    ['no JSON', () => ['{'], GatewayCloseCodes.DecodeError],
    ['an unknown opcode', () => [{ op: 99 }], GatewayCloseCodes.UnknownOpcode],
    [
      'a presence before all',
      () => [{ op: PresenceUpdate, d: {} }],
      GatewayCloseCodes.NotAuthenticated,
    ],
    ['a wrong token', () => [identify({ token: 'x' })], GatewayCloseCodes.AuthenticationFailed],
    ['to identify twice', () => [identify(), identify()], GatewayCloseCodes.AlreadyAuthenticated],
    [
      'a privileged intent',
      () => [identify({ intents: GatewayIntentBits.MessageContent })],
      GatewayCloseCodes.DisallowedIntents,
    ],
    [
      'too many messages',
      () => Array.from({ length: 121 }, () => ({ op: Heartbeat, d: null })),
      GatewayCloseCodes.RateLimited,
    ],
  ])('refuses %s', async (_, messages, code) => {
    expect(await closed(await connected(), ...messages())).toBe(code);
  });

  it('refuses another version, or none', async () => {
    for (const query of ['?v=9&encoding=json', '']) {
      expect(await closed(await connected(query))).toBe(GatewayCloseCodes.InvalidAPIVersion);
    }
  });

  it('has no session to resume for a client that it doesn’t know', async () => {
    const socket = await connected();
    const d = { token: discord.token, session_id: 'x', seq: 1 };
    const invalid = once(socket, 'message');
    socket.send(JSON.stringify({ op: Resume, d }));
    const message = JSON.parse(String((await invalid)[0]));
    expect(message).toMatchObject({ op: GatewayOpcodes.InvalidSession, d: false });
  });
});

describe('REST', () => {
  it('wants the token, and knows its routes', async () => {
    const headers = { authorization: `Bot ${discord.token}` };
    const status = async (path: string, init?: RequestInit): Promise<number> =>
      (await fetch(`${discord.api}/v10${path}`, init)).status;
    expect(await status('/gateway/bot')).toBe(401);
    expect(await status('/gateway/bot', { headers })).toBe(200);
    expect(await status('/nowhere', { headers })).toBe(404);
  });
});

describe('an exchange', () => {
  const { ChannelMessageWithSource, DeferredChannelMessageWithSource } = InteractionResponseType;
  const person = (): Person => new Person(discord, 'Somebody');
  const reply = (data: object): Parameters<Exchange['respond']>[0] =>
    ({ type: ChannelMessageWithSource, data }) as Parameters<Exchange['respond']>[0];
  const button = (custom_id: string): object => ({ type: 2, style: 1, label: 'Go', custom_id });

  function exchange(): Exchange {
    discord.gateway.identified({ token: '', intents: 0, properties: {} as never }, {
      send: () => {},
    } as never);
    discord.commands = [{ name: 'go', description: 'Goes' }];
    return person().types('go');
  }

  afterEach(() => vi.useRealTimers());

  it('takes no answer after 3 s', async () => {
    vi.useFakeTimers();
    const late = exchange();
    vi.advanceTimersByTime(3000);
    expect(() => late.respond(reply({ content: 'x' }))).toThrow(
      expect.objectContaining({ code: RESTJSONErrorCodes.UnknownInteraction }),
    );
    await expect(late.shown).rejects.toThrow('did not respond');
    expect(discord.unanswered).toHaveLength(1);
  });

  it('takes one first answer, and edits after it alone', () => {
    const first = exchange();
    expect(() => first.edit({ content: 'x' })).toThrow('Unknown Message');
    first.respond({ type: DeferredChannelMessageWithSource });
    expect(() => first.respond(reply({ content: 'x' }))).toThrow('already been acknowledged');
    expect(first.edit({ content: 'x' }).content).toBe('x');
  });

  it.each([
    ['nothing', {}],
    ['a long text', { content: 'x'.repeat(2001) }],
    ['a long embed', { embeds: [{ description: 'x'.repeat(4097) }] }],
    [
      'a long id',
      { content: 'x', components: [{ type: 1, components: [button('x'.repeat(101))] }] },
    ],
    [
      'an id twice',
      { content: 'x', components: [{ type: 1, components: [button('x'), button('x')] }] },
    ],
    ['an empty row', { content: 'x', components: [{ type: 1, components: [] }] }],
  ])('takes no message with %s', (_, data) => {
    expect(() => exchange().respond(reply(data))).toThrow('Invalid Form Body');
  });

  it('takes no choices that are too many or too long', () => {
    const choices = (names: readonly string[]): Parameters<Exchange['respond']>[0] => ({
      type: InteractionResponseType.ApplicationCommandAutocompleteResult,
      data: { choices: names.map((name) => ({ name, value: name })) },
    });
    expect(() => exchange().respond(choices(Array(26).fill('x')))).toThrow('Invalid Form Body');
    expect(() => exchange().respond(choices(['x'.repeat(101)]))).toThrow('Invalid Form Body');
  });
});

describe('somebody at a keyboard', () => {
  it('can send only what is registered, and press only what can be pressed', () => {
    const person = new Person(discord, 'Somebody');
    expect(() => person.types('nothing')).toThrow('no command');
    discord.commands = [
      {
        name: 'go',
        description: 'x',
        options: [{ type: 4, name: 'n', description: 'x', required: true }],
      },
    ];
    expect(() => person.types('go')).toThrow('needs n');
    expect(() => person.types('go', { n: 'x' })).toThrow('takes no string');
    expect(() => person.types('go', { n: 1, m: 1 })).toThrow('no option m');
  });
});
