import type { Page } from 'playwright-core';
import { expect, it } from 'vitest';
import { live, requests, until } from '../support/live.ts';

const all = live({ matches: false, readers: 20 });

const isLost = (page: Page): Promise<void> =>
  page.locator('#connection[data-state="lost"]').waitFor();
const isLive = (page: Page): Promise<void> =>
  page.locator('#connection[data-state="live"]').waitFor();

/** The page goes on: more requests are told of. */
async function goesOn(page: Page): Promise<void> {
  const counted = await requests(page, 'warm');
  await until(async () => (await requests(page, 'warm')) > counted);
}

it('comes back when it was cut', async () => {
  all.expectComplaints(/net::ERR_/);
  const page = await all.visit();
  for (let i = 0; i < 3; i++) {
    await goesOn(page);
    const rows = await page.locator('#loads tr').count();
    const lost = isLost(page);
    all.server.cut();
    await lost;
    await page.locator('#caption[data-situation="disconnected"]').waitFor();
    await isLive(page);
    await page.locator('#caption[data-situation="usual"]').waitFor();
    // What was told before is not told twice.
    expect(await page.locator('#loads tr').count()).toBeLessThanOrEqual(Math.max(8, rows + 1));
    const times = await page.locator('#loads td:first-child').allTextContents();
    expect(new Set(times).size).toBe(times.length);
  }
  await goesOn(page);
});

it('comes back when the server was away', async () => {
  all.expectComplaints(/net::ERR_/);
  const page = await all.visit();
  await until(async () => (await requests(page, 'warm')) > 40);
  const { port } = new URL(all.server.url);
  await all.server.stop();
  await isLost(page);
  await page.getByText('Is “npm run demo:live” still running?').first().waitFor();
  await page.getByRole('button', { name: 'Next' }).click();
  await page.locator('#board-error', { hasText: 'does not answer' }).waitFor();
  await page.getByRole('button', { name: 'Count anew' }).click();
  await page.locator('#outcome.bad', { hasText: 'does not answer' }).waitFor();
  await all.serve(Number(port));
  await isLive(page);
  await goesOn(page);
  await page.getByRole('button', { name: 'Next' }).click();
  await page.locator('#board-error').waitFor({ state: 'hidden' });
});

it('comes back when it was refused', async () => {
  all.expectComplaints(/status of 500|net::ERR_/);
  const page = await all.visit();
  await page.route('**/api/events', (route) => route.fulfill({ status: 500, body: 'no' }));
  const refused = page.waitForResponse((response) => response.status() === 500);
  all.server.cut();
  await refused;
  await isLost(page);
  await page.unroute('**/api/events');
  await isLive(page);
  await goesOn(page);
});
