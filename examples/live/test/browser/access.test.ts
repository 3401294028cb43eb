import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { AxeResults } from 'axe-core';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { live, until } from '../support/live.ts';

const all = live({ matches: false, readers: 20 });

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  isMobile: true,
  hasTouch: true,
};
const SIZES: readonly (readonly [string, BrowserContextOptions])[] = [
  ['wide', {}],
  ['phone', PHONE],
];
const SCHEMES = ['light', 'dark'] as const;

/** What axe has against the page. */
async function violations(page: Page): Promise<string[]> {
  await page.evaluate(AXE);
  const results: AxeResults = await page.evaluate('axe.run(document)');
  expect(results.passes.length).toBeGreaterThan(20);
  return results.violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target.join(' ')}: ${failureSummary}`),
  );
}

const focused = (page: Page): Promise<string> =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLInputElement;
    return element.id || (element.name ? `${element.name}=${element.value}` : element.tagName);
  });

/** Whether one sees where the focus is. */
const isSeen = (page: Page): Promise<boolean> =>
  page.evaluate(() => {
    const element = document.activeElement as HTMLElement;
    const shows = element.closest('.chips') ? element.nextElementSibling : element;
    if (!shows) return false;
    const { outlineStyle, outlineWidth } = getComputedStyle(shows);
    const { width, height } = shows.getBoundingClientRect();
    return outlineStyle === 'solid' && Number.parseFloat(outlineWidth) >= 2 && width * height > 0;
  });

for (const [size, options] of SIZES) {
  for (const colorScheme of SCHEMES) {
    describe(`the page, ${size} and ${colorScheme}`, () => {
      const visit = (path = '') => all.visit({ ...options, colorScheme }, path);

      it('has nothing that axe objects to', async () => {
        const page = await visit();
        expect(await violations(page)).toEqual([]);
        await page.locator('#countries summary').click();
        await page.locator('input[value="PL"]').check();
        await page.locator('#clear').waitFor();
        expect(await violations(page)).toEqual([]);
        await page.keyboard.press('Escape');
        await page.locator('input[value="zerg"]').check({ force: true });
        await page.locator('#pause').click();
        await page.locator('#report').click();
        await page.locator('#outcome', { hasText: 'beat' }).waitFor();
        await page.locator('#report[aria-disabled="false"]').waitFor();
        expect(await violations(page)).toEqual([]);
      });

      it('has nothing that axe objects to while the database is stopped', async () => {
        const page = await visit('?country=ZZ');
        await page.locator('#database').click();
        await page.locator('#database[data-state="stopped"]').waitFor();
        all.expectComplaints(/status of 503/);
        await page.locator('#report').click();
        await page.locator('#outcome.bad').waitFor();
        await page
          .locator('#loads .badge:is([data-outcome="failed"], [data-outcome="timeout"])')
          .first()
          .waitFor();
        const found = await violations(page);
        await page.locator('#database').click();
        await page.locator('#database[data-state="running"]').waitFor();
        await page.locator('#status', { hasText: 'READY' }).waitFor();
        expect(found).toEqual([]);
      });

      it('is no wider than the window', async () => {
        const page = await visit();
        await page.locator('#countries summary').click();
        // Not `innerWidth`: a phone makes that as wide as what it has to show.
        const width = page.viewportSize()?.width ?? 0;
        expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBe(width);
        const cut = await page.evaluate(
          (right) =>
            [...document.querySelectorAll('main *')]
              .filter((element) => element.getBoundingClientRect().right > right + 0.5)
              .filter((element) => !element.closest('.hidden, .name'))
              .map((element) => element.outerHTML.slice(0, 80)),
          width,
        );
        expect(cut).toEqual([]);
      });
    });
  }
}

describe('the keyboard', () => {
  it('reaches everything in the order in which it stands, and shows where it is', async () => {
    const page = await all.visit();
    const reached: string[] = [];
    for (let i = 0; i < 16; i++) {
      await page.keyboard.press('Tab');
      reached.push(await focused(page));
      expect([reached.at(-1), await isSeen(page)]).toEqual([reached.at(-1), true]);
    }
    expect(reached).toEqual([
      'report',
      'database',
      'fewer',
      'more',
      'pause',
      'reset',
      'SUMMARY',
      'race=protoss',
      'race=random',
      'race=terran',
      'race=zerg',
      'best=1',
      'first',
      'previous',
      'following',
      'last',
    ]);
  });

  it('does all that a pointer does', async () => {
    const page = await all.visit();
    await page.locator('#more').focus();
    await page.keyboard.press('Enter');
    await page.locator('#readers', { hasText: /^30$/ }).waitFor();
    await page.locator('#fewer').focus();
    await page.keyboard.press('Space');
    await page.locator('#readers', { hasText: /^20$/ }).waitFor();

    const summary = page.locator('#countries summary');
    await summary.focus();
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    const country = await focused(page);
    expect(country).toMatch(/^country=[A-Z]{2}$/);
    await page.keyboard.press('Space');
    await page.locator('#countries-chosen', { hasText: country.slice(-2) }).waitFor();
    await page.keyboard.press('Escape');
    expect(await page.locator('#countries').getAttribute('open')).toBeNull();
    expect(await focused(page)).toBe('SUMMARY');
    // It closes, too, when one goes on.
    await page.keyboard.press('Enter');
    await page.locator('#first').focus();
    expect(await page.locator('#countries').getAttribute('open')).toBeNull();

    await page.locator('input[value="zerg"]').focus();
    await page.keyboard.press('Space');
    expect(await page.locator('input[value="zerg"]').isChecked()).toBe(true);
    await page.locator('#clear').focus();
    await page.keyboard.press('Enter');
    await page.locator('#countries-chosen', { hasText: 'all' }).waitFor();
    await page.locator('#following').focus();
    await page.keyboard.press('Space');
    await page.locator('#page', { hasText: 'Page 2 of' }).waitFor();
    await page.locator('#report').focus();
    await page.keyboard.press('Enter');
    await page.locator('#outcome', { hasText: 'beat' }).waitFor();
    expect(await focused(page)).toBe('report');
  });

  it('keeps the focus on what was used, on a phone below no other button', async () => {
    const page = await all.visit(PHONE);
    for (const id of ['following', 'countries', 'pause']) {
      const target = page.locator(id === 'countries' ? '#countries summary' : `#${id}`);
      await page.evaluate(() => window.scrollTo(0, document.body.scrollHeight));
      await target.focus();
      const isOnTop = await target.evaluate((element) => {
        const { left, top, width, height } = element.getBoundingClientRect();
        const there = document.elementFromPoint(left + width / 2, top + height / 2);
        return there !== null && element.contains(there);
      });
      expect([id, isOnTop]).toEqual([id, true]);
    }
  });
});

describe('motion', () => {
  /** Frames come when the test says so. */
  async function framed(reducedMotion: 'no-preference' | 'reduce'): Promise<Page> {
    const page = await all.visit({ reducedMotion });
    await page.evaluate(() => {
      const frames: FrameRequestCallback[] = [];
      Object.assign(window, { frames_: frames, drawn: 0 });
      window.requestAnimationFrame = (callback) => frames.push(callback);
      const { clearRect } = CanvasRenderingContext2D.prototype;
      CanvasRenderingContext2D.prototype.clearRect = function (...area) {
        (window as unknown as { drawn: number }).drawn += 1;
        clearRect.apply(this, area);
      };
    });
    await until(() => page.evaluate(() => (window as unknown as Frames).frames_.length > 0));
    return page;
  }

  interface Frames {
    frames_: FrameRequestCallback[];
    drawn: number;
  }

  /** How often the charts are drawn in frames at these times, ms from now. */
  const drawn = (page: Page, times: readonly number[]): Promise<number> =>
    page.evaluate((at) => {
      const world = window as unknown as Frames;
      world.drawn = 0;
      const base = performance.now() + 10_000;
      for (const time of at) for (const frame of world.frames_.splice(0)) frame(base + time);
      return world.drawn / 2;
    }, times);

  it('is drawn some thirty times a second', async () => {
    expect(await drawn(await framed('no-preference'), [0, 20, 40, 500, 980])).toBe(4);
  });

  it('is drawn once a second for those who want less of it', async () => {
    expect(await drawn(await framed('reduce'), [0, 20, 500, 980, 1000, 1020, 2000])).toBe(3);
  });
});
