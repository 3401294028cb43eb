import {
  GatewayCloseCodes,
  type GatewayIdentifyData,
  GatewayIntentBits,
  GatewayOpcodes,
  type GatewayResumeData,
  type GatewaySendPayload,
} from 'discord.js';
import type { RawData, WebSocket } from 'ws';
import type { Session } from './session.ts';

/** What one connection asks of the gateway. */
export interface ConnectionHost {
  readonly token: string;
  readonly heartbeatInterval: number;
  readonly acknowledges: boolean;
  identified(data: GatewayIdentifyData, socket: WebSocket): Session;
  /** The session, if there is one to be resumed. */
  resumed(data: GatewayResumeData): Session | undefined;
  heard(payload: GatewaySendPayload): void;
}

/** Messages a connection may send in a minute. */
const RATE_LIMIT = 120;

/** Intents that an application must be allowed to have: this one isn't. */
const PRIVILEGED =
  GatewayIntentBits.GuildMembers |
  GatewayIntentBits.GuildPresences |
  GatewayIntentBits.MessageContent;

/** One connection of a client, from hello to its end: refuses what Discord refuses, by the same codes. */
export class Connection {
  readonly #socket: WebSocket;
  readonly #host: ConnectionHost;
  #session: Session | undefined;
  #sent = 0;

  constructor(socket: WebSocket, host: ConnectionHost) {
    this.#socket = socket;
    this.#host = host;
    socket.on('message', (data) => this.#onMessage(data));
    socket.on('close', () => {
      if (this.#session?.socket === socket) this.#session.socket = undefined;
    });
    this.#send(GatewayOpcodes.Hello, { heartbeat_interval: host.heartbeatInterval });
  }

  #onMessage(data: RawData): void {
    const payload = parsed(data);
    this.#sent += 1;
    const code = this.#sent > RATE_LIMIT ? GatewayCloseCodes.RateLimited : this.#handle(payload);
    if (code !== undefined) this.#socket.close(code, GatewayCloseCodes[code]);
    else if (payload) this.#host.heard(payload);
  }

  /** The code that the connection is to be closed with, if what came is refused. */
  #handle(payload: GatewaySendPayload | undefined): GatewayCloseCodes | undefined {
    switch (payload?.op) {
      case undefined:
        return GatewayCloseCodes.DecodeError;
      case GatewayOpcodes.Heartbeat:
        if (this.#host.acknowledges) this.#send(GatewayOpcodes.HeartbeatAck, undefined);
        return undefined;
      case GatewayOpcodes.Identify:
        return this.#identify(payload.d);
      case GatewayOpcodes.Resume:
        return this.#resume(payload.d);
      case GatewayOpcodes.PresenceUpdate:
        if (!this.#session) return GatewayCloseCodes.NotAuthenticated;
        this.#session.presence = payload.d;
        return undefined;
      default:
        return GatewayCloseCodes.UnknownOpcode;
    }
  }

  #identify(data: GatewayIdentifyData): GatewayCloseCodes | undefined {
    if (this.#session) return GatewayCloseCodes.AlreadyAuthenticated;
    if (data.token !== this.#host.token) return GatewayCloseCodes.AuthenticationFailed;
    if (data.intents & PRIVILEGED) return GatewayCloseCodes.DisallowedIntents;
    this.#session = this.#host.identified(data, this.#socket);
    return undefined;
  }

  #resume(data: GatewayResumeData): GatewayCloseCodes | undefined {
    if (data.token !== this.#host.token) return GatewayCloseCodes.AuthenticationFailed;
    this.#session = this.#host.resumed(data);
    if (!this.#session) this.#send(GatewayOpcodes.InvalidSession, false);
    else if (data.seq > this.#session.seq) return GatewayCloseCodes.InvalidSeq;
    else this.#session.resume(this.#socket, data.seq);
    return undefined;
  }

  #send(op: GatewayOpcodes, d: unknown): void {
    this.#socket.send(JSON.stringify({ op, d, s: null, t: null }));
  }
}

function parsed(data: RawData): GatewaySendPayload | undefined {
  try {
    return JSON.parse(String(data)) as GatewaySendPayload;
  } catch {
    return undefined;
  }
}
