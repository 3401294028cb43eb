// Runs the bot until it is told to end, by SIGTERM or SIGINT.
import { Bot } from './bot.ts';
import { type Config, ConfigError, configOf } from './config.ts';
import { consoleLog as log } from './log.ts';

function readConfig(): Config | undefined {
  try {
    return configOf(process.env);
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    console.error(error.message);
    return undefined;
  }
}

/** Resolves with the name of the first signal. A second one ends the process at once, as if there were no handler. */
function toldToEnd(): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  const signals = ['SIGINT', 'SIGTERM'] as const;
  const told = (signal: string): void => {
    for (const each of signals) process.off(each, told);
    resolve(signal);
  };
  for (const signal of signals) process.on(signal, told);
  return promise;
}

/** The exit code: 1 is worth another try, 2 is not. */
async function run(config: Config): Promise<number> {
  const bot = new Bot(config, log);
  // Logging in may take long: a signal ends that too.
  const started = bot.start().then(() => bot.dismissed);
  try {
    const end = await Promise.race([toldToEnd(), started]);
    if (typeof end !== 'string') throw end;
    log.info(`${end}: leaving`);
    return 0;
  } catch (error) {
    log.error('the bot ends:', error);
    return 1;
  } finally {
    await bot.stop();
    log.info('left');
  }
}

const config = readConfig();
// Left to itself the process would end too, but not while discord.js waits to reconnect.
process.exit(config ? await run(config) : 2);
