/** What the environment says. */
export interface Config {
  /** Of the bot, from Discord's developer portal. */
  readonly token: string;
  readonly supabaseUrl: string;
  readonly supabaseKey: string;
  /** The guild whose members alone get the commands, at once; without it, everybody does, everywhere. */
  readonly guildId: string | undefined;
  /** Ms from one reading of the board to the next. */
  readonly refreshInterval: number;
  /** Where Discord's REST is, if not at Discord: behind a proxy, say. */
  readonly discordApi: string | undefined;
}

/** The environment isn't as it should be. The message says all that is wrong, for people. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {ConfigError} A variable is missing or wrong. */
export function configOf(env: Environment): Config {
  const problems: string[] = [];
  const required = (name: string, what: string): string => {
    const value = env[name]?.trim();
    if (!value) problems.push(`${name} is missing: ${what}`);
    return value ?? '';
  };
  const checked = <T extends string | undefined>(name: string, value: T, what: RegExp): T => {
    if (value && !what.test(value)) problems.push(`${name} is wrong: expected ${what}`);
    return value;
  };
  const url = /^https?:\/\/\S+$/;
  const config: Config = {
    token: required('DISCORD_TOKEN', 'the token of the bot'),
    supabaseUrl: checked('SUPABASE_URL', required('SUPABASE_URL', 'the URL of the project'), url),
    supabaseKey: required('SUPABASE_KEY', 'a key of the project'),
    guildId: checked(
      'DISCORD_GUILD_ID',
      env['DISCORD_GUILD_ID']?.trim() || undefined,
      /^\d{17,20}$/,
    ),
    refreshInterval:
      1000 *
      Number(checked('REFRESH_SECONDS', env['REFRESH_SECONDS']?.trim() || '30', /^[1-9]\d{0,4}$/)),
    discordApi: checked('DISCORD_API', env['DISCORD_API']?.trim() || undefined, url),
  };
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return config;
}
