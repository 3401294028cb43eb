import {
  type IoRedisConnection,
  isNodeRedis,
  type NodeRedisConnection,
  type RedisConnection,
} from './client.ts';

/** Told what becomes of a {@link Line}. */
export interface LineEvents {
  onMessage(channel: string, message: string): void;
  /** It is connected, anew: what was subscribed to by the connection before may not be any more. */
  onUp(): void;
  /** It isn't connected, or no more. May be told more than once. */
  onDown(): void;
  /** Nor will it ever be again by itself. */
  onGone(): void;
}

/** A connection by which messages come, of whichever client. */
export interface Line {
  readonly isUp: boolean;
  /** Resolves once the server has confirmed it; called when it is up. Again, it confirms that nothing has changed. */
  subscribe(channel: string): Promise<unknown>;
  unsubscribe(channel: string): Promise<unknown>;
  /** Nothing is told any more. */
  close(): void;
}

/** @param own - Whether the connection is ours: opened, closed, and its errors heeded. */
export function lineBy(connection: RedisConnection, own: boolean, events: LineEvents): Line {
  return isNodeRedis(connection)
    ? nodeRedisLine(connection, own, events)
    : ioRedisLine(connection, own, events);
}

/** One more connection, like that one. */
export function duplicate(connection: RedisConnection): RedisConnection {
  return (
    isNodeRedis(connection)
      ? // What a cache of the client's has learnt would be dropped as this connection closes.
        connection.duplicate({ clientSideCache: undefined, emitInvalidate: false })
      : // ioredis leaves what comes of its own subscribing to nobody, and a refusal would end the process.
        connection.duplicate({ autoResubscribe: false, lazyConnect: false })
  ) as RedisConnection;
}

/** node-redis is `ready` after it has subscribed again to all, and the server has confirmed that. */
function nodeRedisLine(client: NodeRedisConnection, own: boolean, events: LineEvents): Line {
  // Kept: node-redis tells listeners of a channel apart by their identity.
  const listeners = new Map<string, (message: string) => void>();
  const onDead = (): void => {
    events.onDown();
    events.onGone();
  };
  const onError = (): void => {
    // As it can't connect at first, nothing else tells; nor, before node-redis 6, as it gives up.
    if (!client.isOpen) onDead();
    else if (!client.isReady) events.onDown();
  };
  const listen = (method: 'off' | 'on'): void => {
    client[method]('ready', events.onUp);
    client[method]('reconnecting', events.onDown);
    client[method]('terminated', onDead);
    client[method]('end', onDead);
    if (own) client[method]('error', onError);
  };
  listen('on');
  if (own) client.connect().catch(ignore);
  return {
    get isUp() {
      return client.isReady;
    },
    subscribe(channel) {
      const listener =
        listeners.get(channel) ?? ((message: string) => events.onMessage(channel, message));
      listeners.set(channel, listener);
      return client.subscribe(channel, listener);
    },
    unsubscribe(channel) {
      const listener = listeners.get(channel);
      listeners.delete(channel);
      return listener ? client.unsubscribe(channel, listener) : Promise.resolve();
    },
    close() {
      listen('off');
      if (!own) return;
      client.on('error', ignore);
      try {
        client.destroy();
      } catch {
        // Before node-redis 6 one that is closed already throws.
      }
    },
  };
}

/** ioredis is `ready` before it has subscribed again: it is asked to, once more, and answers in turn. */
function ioRedisLine(client: IoRedisConnection, own: boolean, events: LineEvents): Line {
  const onEnd = (): void => {
    events.onDown();
    events.onGone();
  };
  client.on('message', events.onMessage);
  client.on('ready', events.onUp);
  client.on('close', events.onDown);
  client.on('end', onEnd);
  // Else ioredis writes each to the console.
  if (own) client.on('error', ignore);
  return {
    get isUp() {
      return client.status === 'ready';
    },
    subscribe: (channel) => client.subscribe(channel),
    unsubscribe: (channel) => client.unsubscribe(channel),
    close() {
      client.off('message', events.onMessage);
      client.off('ready', events.onUp);
      client.off('close', events.onDown);
      client.off('end', onEnd);
      if (own) client.disconnect();
    },
  };
}

function ignore(): void {}
