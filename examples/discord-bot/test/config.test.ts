import { describe, expect, it } from 'vitest';
import { ConfigError, configOf } from '../src/config.ts';

const env = {
  DISCORD_TOKEN: ' token\n',
  SUPABASE_URL: 'https://project.supabase.co',
  SUPABASE_KEY: 'key',
};

describe('configOf()', () => {
  it('takes what must be there, without blanks around it, and knows the rest', () => {
    expect(configOf({ ...env, DISCORD_GUILD_ID: '', DISCORD_API: ' ' })).toEqual({
      token: 'token',
      supabaseUrl: 'https://project.supabase.co',
      supabaseKey: 'key',
      guildId: undefined,
      refreshInterval: 30_000,
      discordApi: undefined,
    });
  });

  it('takes the rest', () => {
    const more = {
      DISCORD_GUILD_ID: '123456789012345678',
      DISCORD_API: 'http://proxy:8080/api',
      REFRESH_SECONDS: '5',
    };
    expect(configOf({ ...env, ...more })).toMatchObject({
      guildId: '123456789012345678',
      refreshInterval: 5000,
      discordApi: 'http://proxy:8080/api',
    });
  });

  it.each([
    ['DISCORD_TOKEN', ''],
    ['SUPABASE_KEY', undefined],
    ['SUPABASE_URL', 'project.supabase.co'],
    ['DISCORD_GUILD_ID', 'my guild'],
    ['DISCORD_API', 'proxy'],
    ['REFRESH_SECONDS', '0'],
    ['REFRESH_SECONDS', '-1'],
    ['REFRESH_SECONDS', '1e3'],
    ['REFRESH_SECONDS', '100000'],
  ])('names the variable %s that is %j', (name, value) => {
    expect(() => configOf({ ...env, [name]: value })).toThrow(ConfigError);
    expect(() => configOf({ ...env, [name]: value })).toThrow(new RegExp(`^${name} is `));
  });
});
