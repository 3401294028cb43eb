// Starts the bot of the environment, stops it when it has its board, and calls no `process.exit`.
import { Bot } from '../../src/bot.ts';
import { configOf } from '../../src/config.ts';
import { consoleLog } from '../../src/log.ts';

const bot = new Bot(configOf(process.env), consoleLog);
await bot.start();
await bot.board.ready();
await bot.stop();
console.log('stopped');
