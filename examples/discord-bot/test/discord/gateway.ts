import { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import {
  type APIUser,
  GatewayCloseCodes,
  type GatewayIdentifyData,
  GatewayOpcodes,
  type GatewayPresenceUpdateData,
  type GatewayResumeData,
  type GatewaySendPayload,
} from 'discord.js';
import { type WebSocket, WebSocketServer } from 'ws';
import { Connection, type ConnectionHost } from './connection.ts';
import { Session } from './session.ts';

interface GatewayEvents {
  readonly connection: [];
  readonly heartbeat: [];
  readonly identify: [GatewayIdentifyData];
  readonly resume: [GatewayResumeData];
  readonly presence: [GatewayPresenceUpdateData];
  /** The last connection has ended. */
  readonly left: [];
}

interface GatewayOptions {
  readonly token: string;
  readonly bot: APIUser;
  /** Where the bot is. */
  readonly guildId: string;
  /** Where the gateway is. */
  readonly url: () => string;
}

/** The gateway: one bot's session over however many connections, and the ways it can misbehave. */
export class Gateway extends EventEmitter<GatewayEvents> implements ConnectionHost {
  readonly token: string;
  readonly #bot: APIUser;
  readonly #guildId: string;
  readonly #url: () => string;
  readonly #server = new WebSocketServer({ noServer: true });
  #session: Session | undefined;
  /** Ms from one heartbeat to the next. */
  heartbeatInterval = 41_250;
  /** Whether heartbeats get their answer. */
  acknowledges = true;

  constructor({ token, bot, guildId, url }: GatewayOptions) {
    super();
    this.token = token;
    this.#bot = bot;
    this.#guildId = guildId;
    this.#url = url;
  }

  /** How many connections are open. */
  get connections(): number {
    return this.#server.clients.size;
  }

  /** What the bot's presence is now; `undefined` where the bot isn't there. */
  get presence(): GatewayPresenceUpdateData | undefined {
    return this.#session?.socket && this.#session.presence;
  }

  /** Takes a connection that asks for this protocol: version 10, as JSON. */
  upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    this.#server.handleUpgrade(request, socket, head, (connection) => {
      const { searchParams } = new URL(request.url ?? '/', this.#url());
      if (searchParams.get('v') !== '10' || searchParams.get('encoding') !== 'json') {
        connection.close(GatewayCloseCodes.InvalidAPIVersion);
        return;
      }
      connection.on('close', () => {
        if (this.connections === 0) this.emit('left');
      });
      new Connection(connection, this);
      this.emit('connection');
    });
  }

  dispatch(event: string, data: unknown): void {
    if (!this.#session) throw new Error('no bot has come yet');
    this.#session.dispatch(event, data);
  }

  /** Asks the client to come again on another connection, as Discord does before it restarts. */
  askToReconnect(): void {
    this.#send({ op: GatewayOpcodes.Reconnect, d: null });
  }

  /** Forgets the session: the client must identify anew. */
  invalidate(): void {
    const socket = this.#session?.socket;
    this.#session = undefined;
    socket?.send(JSON.stringify({ op: GatewayOpcodes.InvalidSession, d: false }));
  }

  /** Hears nothing of what the client says, until told to. */
  hear(hears: boolean): void {
    for (const connection of this.#server.clients) {
      if (hears) connection.resume();
      else connection.pause();
    }
  }

  /** Cuts the connections without a word, as a network does. */
  cut(): void {
    for (const connection of this.#server.clients) connection.terminate();
  }

  /** Ends the connections with a code, such as that of a token which is no longer right. */
  end(code: GatewayCloseCodes): void {
    for (const connection of this.#server.clients) connection.close(code);
  }

  close(): void {
    this.cut();
    this.#server.close();
  }

  identified(data: GatewayIdentifyData, socket: WebSocket): Session {
    const session = new Session(data);
    session.socket = socket;
    this.#session = session;
    // Without the intent for guilds that is all it hears of them: no GUILD_CREATE follows.
    session.dispatch('READY', {
      v: 10,
      user: this.#bot,
      guilds: [{ id: this.#guildId, unavailable: true }],
      session_id: session.id,
      resume_gateway_url: this.#url(),
      shard: data.shard ?? [0, 1],
      application: { id: this.#bot.id, flags: 0 },
    });
    return session;
  }

  resumed({ session_id }: GatewayResumeData): Session | undefined {
    return this.#session?.id === session_id ? this.#session : undefined;
  }

  heard(payload: GatewaySendPayload): void {
    if (payload.op === GatewayOpcodes.Heartbeat) this.emit('heartbeat');
    if (payload.op === GatewayOpcodes.Identify) this.emit('identify', payload.d);
    if (payload.op === GatewayOpcodes.Resume) this.emit('resume', payload.d);
    if (payload.op === GatewayOpcodes.PresenceUpdate) this.emit('presence', payload.d);
  }

  #send(payload: { readonly op: GatewayOpcodes; readonly d: unknown }): void {
    this.#session?.socket?.send(JSON.stringify(payload));
  }
}
