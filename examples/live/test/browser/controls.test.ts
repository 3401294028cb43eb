import { describe, expect, it } from 'vitest';
import { START } from '../../src/show.ts';
import { figure, live, requests, textOf, until } from '../support/live.ts';

const all = live({ matches: false, readers: 20 });

describe('the buttons', () => {
  it('add readers and take them away, within limits', async () => {
    const page = await all.visit();
    const readers = page.locator('#readers');
    const more = page.getByRole('button', { name: 'More readers' });
    const fewer = page.getByRole('button', { name: 'Fewer readers' });
    await readers.filter({ hasText: /^20$/ }).waitFor();
    await more.click();
    await readers.filter({ hasText: /^30$/ }).waitFor();
    expect(all.server.show.readers).toBe(30);
    // As quickly as one likes.
    for (let i = 0; i < 12; i++) await more.click({ force: true });
    await readers.filter({ hasText: /^100$/ }).waitFor();
    await page.locator('#more[aria-disabled="true"]').waitFor();
    expect(all.server.show.readers).toBe(100);
    for (let i = 0; i < 12; i++) await fewer.click({ force: true });
    await readers.filter({ hasText: /^0$/ }).waitFor();
    await page.locator('#fewer[aria-disabled="true"]').waitFor();
    expect(all.server.show.readers).toBe(0);
    await more.click();
    await more.click();
    await readers.filter({ hasText: /^20$/ }).waitFor();
  });

  it('are the same for all who look on', async () => {
    const [here, there] = [await all.visit(), await all.visit()];
    await here.getByRole('button', { name: 'More readers' }).click();
    await there.locator('#readers', { hasText: /^30$/ }).waitFor();
    await there.getByRole('button', { name: 'Fewer readers' }).click();
    await here.locator('#readers', { hasText: /^20$/ }).waitFor();
  });

  it('begin to count anew', async () => {
    const page = await all.visit();
    await until(async () => (await requests(page, 'warm')) > 60);
    await page.getByRole('button', { name: 'Count anew' }).click();
    await page.locator('#outcome', { hasText: 'Counting began anew.' }).waitFor();
    for (const lane of ['lazy', 'warm'] as const) {
      await until(async () => (await requests(page, lane)) < 60);
    }
  });

  it('stop the charts, and nothing else', async () => {
    const page = await all.visit();
    const picture = () =>
      page.evaluate(() => document.querySelector<HTMLCanvasElement>('#warm canvas')?.toDataURL());
    const pause = page.getByRole('button', { name: 'Pause the charts' });
    await pause.click();
    expect(await pause.getAttribute('aria-pressed')).toBe('true');
    const paused = await picture();
    const counted = await requests(page, 'warm');
    await until(async () => (await requests(page, 'warm')) > counted + 20);
    expect(await picture()).toBe(paused);
    await pause.click();
    expect(await pause.getAttribute('aria-pressed')).toBe('false');
    await until(async () => (await picture()) !== paused);
  });
});

describe('the lanes', () => {
  it('have the same readers, of whom some wait for the lazy cache', async () => {
    const page = await all.visit();
    await until(async () => (await figure(page, 'lazy', 'waited')) > 0);
    for (const lane of ['lazy', 'warm'] as const) {
      await until(async () => (await requests(page, lane)) > 100);
      for (const name of ['p50', 'p99', 'worst']) {
        const text = await textOf(page.locator(`#${lane} [data-figure="${name}"]`));
        expect(text).toMatch(/^[\d.]+ m?s$/);
      }
      expect(await figure(page, lane, 'failed')).toBe(0);
    }
  });

  it('draw dots in their colours, and tell in words what is drawn', async () => {
    const page = await all.visit();
    for (const lane of ['lazy', 'warm'] as const) {
      await until(async () => (await requests(page, lane)) > 20);
      const count = () =>
        page.evaluate((id) => {
          const canvas = document.querySelector<HTMLCanvasElement>(`#${id} canvas`);
          const context = canvas?.getContext('2d');
          if (!canvas || !context) return 0;
          const probe = document.createElement('canvas').getContext('2d');
          if (!probe) return 0;
          probe.fillStyle = getComputedStyle(canvas).getPropertyValue('--dot');
          probe.fillRect(0, 0, 1, 1);
          const wanted = probe.getImageData(0, 0, 1, 1).data;
          const { data } = context.getImageData(0, 0, canvas.width, canvas.height);
          let found = 0;
          for (let i = 0; i < data.length; i += 4) {
            if ([0, 1, 2].every((c) => data[i + c] === wanted[c])) found += 1;
          }
          return found;
        }, lane);
      await until(async () => (await count()) > 40);
      const canvas = page.locator(`#${lane} canvas`);
      const summary = page.locator(`#${await canvas.getAttribute('aria-describedby')}`);
      await until(async () =>
        /In the last 30 seconds: [1-9][\d,]* requests, the slowest took [\d.]+ m?s/.test(
          await textOf(summary),
        ),
      );
    }
  });

  it('are told with all that happened before somebody came', async () => {
    await until(async () => all.server.show.update(START).update.lanes.warm.samples.length > 50);
    const page = await all.visit();
    await page.locator('#loads tr').first().waitFor();
    expect(await page.locator('#loads tr', { hasText: 'all' }).count()).toBeLessThanOrEqual(1);
    await until(async () => (await requests(page, 'warm')) > 50);
  });
});

describe('the warm cache', () => {
  it('tells its status, its age, when it loads next, and how it loaded', async () => {
    const page = await all.visit();
    await page.locator('#status', { hasText: 'READY' }).waitFor();
    await page.locator('#age', { hasText: /^\d+\.\d s$/ }).waitFor();
    await page.locator('#next', { hasText: /^in \d+\.\d s$/ }).waitFor();
    const key = await page.locator('#rows tr').first().getAttribute('data-key');
    await all.sql('update ratings set rating = rating + 1 where id = $1', [key]);
    const load = page.locator('#loads tr', { hasText: 'changes' }).first();
    await load.waitFor();
    const cells = await load.locator('td').allTextContents();
    expect(cells[0]).toMatch(/^\d\d:\d\d:\d\d$/);
    expect(cells[1]).toBe('on time');
    expect(cells[2]).toMatch(/^published\s+changes$/);
    expect(cells[3]).toMatch(/^[\d.]+ m?s$/);
    expect(cells[4]).toMatch(/^[1-9]\d* \/ 2$/);
    // Where nothing changes, nothing is read but the count.
    await page.locator('#loads tr', { hasText: 'unchanged' }).first().waitFor();
    await until(async () => (await page.locator('#loads tr').count()) === 8);
  });
});
