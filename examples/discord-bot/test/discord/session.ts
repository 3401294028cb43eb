import { randomUUID } from 'node:crypto';
import {
  type GatewayDispatchPayload,
  type GatewayIdentifyData,
  GatewayOpcodes,
  type GatewayPresenceUpdateData,
} from 'discord.js';
import type { WebSocket } from 'ws';

/** What a client has identified for: outlives its connections, and keeps what they may have missed. */
export class Session {
  readonly id: string = randomUUID();
  readonly intents: number;
  presence: GatewayPresenceUpdateData | undefined;
  socket: WebSocket | undefined;
  readonly #events: GatewayDispatchPayload[] = [];

  constructor({ intents, presence }: GatewayIdentifyData) {
    this.intents = intents;
    this.presence = presence;
  }

  get seq(): number {
    return this.#events.length;
  }

  /** Sends an event if a connection is there; else it is told after the next resume. */
  dispatch(t: string, d: unknown): void {
    const event = { op: GatewayOpcodes.Dispatch, t, d, s: this.seq + 1 } as GatewayDispatchPayload;
    this.#events.push(event);
    this.socket?.send(JSON.stringify(event));
  }

  /** Goes on, on another connection, after the event that the client had last. */
  resume(socket: WebSocket, seq: number): void {
    this.socket = socket;
    for (const event of this.#events.slice(seq)) socket.send(JSON.stringify(event));
    this.dispatch('RESUMED', {});
  }
}
