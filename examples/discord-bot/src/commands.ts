import type { Command } from './commands/command.ts';
import { LeaderboardCommand } from './commands/leaderboard.ts';
import { ReportCommand, type ReportOptions } from './commands/report.ts';

/** All commands of the bot. */
export function commandsOf(options: ReportOptions): readonly Command[] {
  return [new LeaderboardCommand(options.cache, options.patience), new ReportCommand(options)];
}
