import type { RedisCommands } from './client.ts';
import type { Script } from './scripts.ts';

/** Runs scripts on a server: by their digest, and whole where the server doesn't know that. */
export async function run(
  client: RedisCommands,
  script: Script,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  try {
    return await send(client, 'sha', script.sha, keys, args);
  } catch (error) {
    if (!(error instanceof Error) || !error.message.startsWith('NOSCRIPT')) throw error;
    return send(client, 'source', script.source, keys, args);
  }
}

function send(
  client: RedisCommands,
  by: 'sha' | 'source',
  script: string,
  keys: readonly string[],
  args: readonly string[],
): Promise<unknown> {
  if ('evalSha' in client) {
    const options = { keys: [...keys], arguments: [...args] };
    return by === 'sha' ? client.evalSha(script, options) : client.eval(script, options);
  }
  return by === 'sha'
    ? client.evalsha(script, keys.length, ...keys, ...args)
    : client.eval(script, keys.length, ...keys, ...args);
}
