import { ActivityType, Client, Events, Options, REST } from 'discord.js';
import type { Config } from './config.ts';
import { type Log, reasonOf } from './log.ts';

/** The client of a bot that lives on interactions alone: they come without any intent, and nothing need be remembered. */
export function discordClient(config: Config, log: Log): Client {
  const client = new Client({
    intents: [],
    allowedMentions: { parse: [] },
    presence: { status: 'idle', activities: [{ name: 'Warming up', type: ActivityType.Custom }] },
    rest: restOptions(config),
    makeCache: Options.cacheWithLimits({
      MessageManager: 0,
      GuildMemberManager: { maxSize: 0, keepOverLimit: isItself },
      UserManager: { maxSize: 0, keepOverLimit: isItself },
    }),
  });
  client.on(Events.ClientReady, ({ user }) => log.info(`discord: here as ${user.tag}`));
  client.on(Events.ShardReconnecting, () => {
    // It says so too when the bot itself ends the connection.
    if (client.isReady()) log.warn('discord: connection lost');
  });
  client.on(Events.ShardResume, (_, replayed) =>
    log.info(`discord: resumed, with ${replayed} events that came meanwhile`),
  );
  client.on(Events.ShardError, (error) => log.warn(`discord: ${reasonOf(error)}`));
  client.on(Events.Warn, (text) => log.warn(`discord: ${text}`));
  client.on(Events.Error, (error) => log.error('discord:', error));
  return client;
}

/** Discord's REST alone, for what needs no connection to the gateway. */
export function discordRest(config: Config): REST {
  return new REST(restOptions(config)).setToken(config.token);
}

function restOptions({ discordApi }: Config): { readonly api?: string } {
  return discordApi === undefined ? {} : { api: discordApi };
}

function isItself({ id, client }: { readonly id: string; readonly client: Client }): boolean {
  return id === client.user?.id;
}
