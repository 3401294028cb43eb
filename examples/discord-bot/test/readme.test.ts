import { readFile } from 'node:fs/promises';
import { describe, expect, it } from 'vitest';
import { textOf } from './discord/message.ts';
import { setStage } from './support/stage.ts';

const stage = setStage(100);

/** The statements that the README has people run, in their order. */
async function statements(): Promise<string[]> {
  const text = await readFile(new URL('../README.md', import.meta.url), 'utf8');
  return [...text.matchAll(/```sql\n(.*?)```/gs)].map(([, sql = '']) => sql);
}

describe('the SQL of the README', () => {
  it('puts whoever runs it on the ladder, and takes reports from visitors', async () => {
    const [joins = '', revokes = ''] = await statements();
    await stage.query(joins);
    const bot = await stage.warmBot();
    const you = stage.person('You', '123456789012345678');
    const { message } = await you.types('leaderboard', { country: 'PL', race: 'terran' }).shown;
    const mine = await you.presses(message, 'My rank').shown;
    expect(textOf(mine.message)).toMatch(/You.*◀ you/);

    const [first] = bot.board.peek()?.value.top(1) ?? [];
    const winner = stage.person(first?.name, first?.player);
    await stage.query(revokes);
    const refused = await you.types('report', { winner }).shown;
    expect(refused.message.content).toContain('it was not recorded');
    await bot.stop();
    await stage.warmBot({}, { supabaseKey: stage.stack.serviceKey });
    const { message: told } = await you.types('report', { winner }).shown;
    expect(textOf(told)).toContain('Match recorded');
  });
});
