import type { SupabaseStack } from 'supabase-stack';
import type { DiscordStandIn } from '../discord/stand-in.ts';
import { BotProcess } from '../support/bot-process.ts';
import { dim, heading } from './screen.ts';
import { Theatre } from './theatre.ts';

/** Plays a few minutes of a bot's life in some seconds. */
export async function play(
  stack: SupabaseStack,
  discord: DiscordStandIn,
  interrupted: Promise<never>,
): Promise<void> {
  const env = {
    DISCORD_TOKEN: discord.token,
    DISCORD_API: discord.api,
    SUPABASE_URL: stack.url,
    SUPABASE_KEY: stack.anonKey,
    // Short, so that some seconds show what else takes minutes.
    REFRESH_SECONDS: '2',
  };
  const onLine = (line: string): void => console.log(dim(`    bot ┆ ${line}`));
  console.log(heading('\n$ node src/register.ts'));
  await using script = new BotProcess({
    script: 'src/register.ts',
    env,
    fromSource: false,
    onLine,
  });
  await Promise.race([script.ended, interrupted]);

  console.log(heading('\n$ node src/main.ts'));
  await using bot = new BotProcess({ script: 'src/main.ts', env, fromSource: false, onLine });
  const over = Promise.race([
    interrupted,
    bot.ended.then((code) => {
      throw new Error(`the bot has ended, with ${code}`);
    }),
  ]);
  over.catch(() => {});
  await Promise.race([bot.printed(/entries, read in/), over]);
  const theatre = new Theatre(discord, over);
  await scenes(stack, theatre);
  theatre.sum();

  console.log(heading('\n$ kill -TERM <the bot>'));
  bot.kill('SIGTERM');
  const code = await Promise.race([bot.ended, interrupted]);
  console.log(`  exit code ${code}`);
  if (code !== 0) throw new Error('the bot did not end well');
}

async function scenes(stack: SupabaseStack, theatre: Theatre): Promise<void> {
  const [champion, challenger] = await players(stack);
  const ace = theatre.person(champion.name, champion.id);
  const fox = theatre.person(challenger.name, challenger.id);

  theatre.tell('The ladder, out of memory');
  await theatre.presence(/entries/);
  let message = await theatre.types(fox, 'leaderboard');
  message = await theatre.presses(fox, message, 'Next');
  message = await theatre.presses(fox, message, 'My rank');
  await theatre.presses(ace, message, 'My rank');

  theatre.tell('Filters');
  await theatre.suggestions(fox, 'leaderboard', 'country', 'po');
  await theatre.suggestions(fox, 'leaderboard', 'race', '');
  await theatre.types(fox, 'leaderboard', { country: 'PL', race: 'zerg', page: 1_000_000 });
  await theatre.types(fox, 'leaderboard', { country: 'poland', 'best-race-only': true });
  await theatre.types(fox, 'leaderboard', { country: 'Atlantis' });

  theatre.tell('A match: the loser reports it, and the next look at the ladder has it');
  await theatre.types(ace, 'report', { winner: fox });
  message = await theatre.types(fox, 'leaderboard', { 'best-race-only': true });
  await theatre.presses(fox, message, 'My rank');
  await theatre.types(fox, 'report', { winner: fox });

  theatre.tell('The database goes away');
  await theatre.until(stack.stopDatabase());
  await theatre.types(fox, 'leaderboard', { country: 'KR', race: 'zerg' });
  theatre.aside(
    'The Supabase client tries again and again by itself: some 15 s until a load fails for good.',
  );
  await theatre.presence(/^Not renewed/);
  await theatre.types(fox, 'leaderboard', { country: 'KR' });
  await theatre.types(ace, 'report', { winner: fox });

  theatre.tell('The database comes back');
  await theatre.until(stack.startDatabase());
  await theatre.presence(/^[\d,]+ entries/);
  await theatre.types(fox, 'leaderboard', { country: 'KR', race: 'terran' });
}

interface Player {
  readonly id: string;
  readonly name: string;
}

/** One of the best, and one of those who would be. */
async function players(stack: SupabaseStack): Promise<readonly [Player, Player]> {
  const rows = await stack.query<Player>(
    `select player_id::text as id, player_name as name from player_races
     where player_name ~ '^[A-Z][a-z]+[0-9]*$' order by rating desc, id limit 25`,
  );
  const [first, last] = [rows[0], rows.findLast(({ name }) => name !== rows[0]?.name)];
  if (!first || !last) throw new Error('the ladder has no such players');
  return [first, last];
}
