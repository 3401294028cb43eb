import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { figure, live, textOf, until } from '../support/live.ts';

const all = live({ readers: 20 });

const situation = (page: Page, id: string): Promise<void> =>
  page.locator(`#caption[data-situation="${id}"]`).waitFor();

/** How old the caption says that the board is, s. */
const told = async (page: Page): Promise<number> =>
  Number(/that is (\d+) s old/.exec(await textOf(page.locator('#caption')))?.[1]);

it('goes by without a failed read of the warm cache, and ends by itself', async () => {
  const page = await all.visit();
  await situation(page, 'usual');
  await page.evaluate(() => {
    const heard: string[] = [];
    Object.assign(window, { heard });
    const region = document.querySelector('#announcement') as Node;
    new MutationObserver(() => heard.push(region.textContent ?? '')).observe(region, {
      childList: true,
    });
  });
  const heard = () => page.evaluate(() => (window as unknown as { heard: string[] }).heard);

  // It stops.
  const button = page.locator('#database');
  await page.getByRole('button', { name: 'Stop the database' }).click();
  await page.getByRole('button', { name: 'Start the database' }).waitFor();
  expect(all.stack.pids.postgres).toBeUndefined();
  expect(await page.locator('#database-state').textContent()).toBe('The database is stopped.');
  await situation(page, 'stopped');

  // The lazy lane fails, the warm one goes on.
  await until(async () => (await figure(page, 'lazy', 'failed')) > 0);
  const first = await told(page);
  await until(async () => (await told(page)) > first + 1);
  await page.locator('#status', { hasText: 'STALE' }).waitFor();
  await page
    .locator('#loads [data-outcome="failed"], #loads [data-outcome="timeout"]')
    .first()
    .waitFor();
  expect(await figure(page, 'warm', 'failed')).toBe(0);
  // However much the caption tells of the age, that is heard once.
  expect(
    (await heard()).filter((text) => text.startsWith('The database is stopped.')),
  ).toHaveLength(1);

  // The board is there, whatever one asks of it.
  await page.getByRole('button', { name: 'Last' }).click();
  await page.locator('#last[aria-disabled="true"]').waitFor();
  await page.getByRole('button', { name: 'First' }).click();
  await page.locator('#first[aria-disabled="true"]').waitFor();

  // A match can't be written, which is said.
  all.expectComplaints(/status of 503/);
  await page.getByRole('button', { name: 'Report a match' }).click();
  await page.locator('#outcome.bad', { hasText: 'the match was not recorded' }).waitFor();
  await page.locator('#report[aria-disabled="false"]').waitFor();

  // Whoever comes now sees it too.
  const other = await all.visit();
  await situation(other, 'stopped');
  await other.getByRole('button', { name: 'Start the database' }).waitFor();

  // It comes back.
  await button.click();
  await page.getByRole('button', { name: 'Stop the database' }).waitFor();
  await page.locator('#status', { hasText: 'READY' }).waitFor();
  await situation(page, 'usual');
  await situation(other, 'usual');
  expect(all.stack.pids.postgres).toBeGreaterThan(0);
  expect(await figure(page, 'warm', 'failed')).toBe(0);
  await page
    .locator('#loads tr:first-child')
    .locator('[data-outcome="published"], [data-outcome="unchanged"]')
    .waitFor();
  await page.getByRole('button', { name: 'Report a match' }).click();
  await page.locator('#outcome:not(.bad)', { hasText: 'beat' }).waitFor();
  // The lazy lane answers again.
  const failed = await figure(page, 'lazy', 'failed');
  await page.getByRole('button', { name: 'Count anew' }).click();
  await until(async () => (await figure(page, 'lazy', 'failed')) < failed);
  expect(new Set(await heard()).size).toBe((await heard()).length);
});

it('can be switched as quickly as one likes', async () => {
  const [page, other] = [await all.visit(), await all.visit()];
  const ask = (running: boolean) =>
    fetch(`${all.server.url}api/database`, { method: 'POST', body: JSON.stringify({ running }) });
  const answers = await Promise.all([ask(false), ask(false), ask(true), ask(false), ask(true)]);
  expect(answers.map(({ status }) => status)).toEqual([200, 200, 200, 200, 200]);
  for (const each of [page, other]) {
    await each.getByRole('button', { name: 'Stop the database' }).waitFor();
    await situation(each, 'usual');
  }
});
