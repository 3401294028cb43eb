// Takes the pictures of the page that stand in docs/images, in about a minute.
import { mkdir } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { startStack } from 'supabase-stack';
import { serveLive } from '../src/server.ts';
import { launch } from './support/browser.ts';

const IMAGES = fileURLToPath(new URL('../../../docs/images/', import.meta.url));
const WIDE: BrowserContextOptions = { viewport: { width: 1440, height: 1000 } };
const PHONE: BrowserContextOptions = {
  viewport: { width: 390, height: 844 },
  deviceScaleFactor: 2,
  isMobile: true,
  hasTouch: true,
};

await mkdir(IMAGES, { recursive: true });
await using stack = await startStack({ rows: 20_000 });
const server = await serveLive(stack);
const browser = await launch();

/** Lets the page be seen as `options` say, and does something with it. */
async function look(
  options: BrowserContextOptions,
  use: (page: Page) => Promise<unknown>,
): Promise<void> {
  const context = await browser.newContext(options);
  const page = await context.newPage();
  await page.goto(server.url);
  await page.locator('#rows tr').first().waitFor();
  await use(page);
  await context.close();
}

const shoot =
  (name: string, fullPage = false) =>
  async (page: Page) => {
    await page.screenshot({ path: `${IMAGES}${name}.png`, fullPage });
    process.stdout.write(`docs/images/${name}.png\n`);
  };

try {
  // The charts are full after half a minute.
  await look({ ...WIDE, colorScheme: 'light' }, async (page) => {
    await page.waitForTimeout(31_000);
    await shoot('live-light')(page);
  });
  await look({ ...WIDE, colorScheme: 'dark' }, async (page) => {
    await page.locator('#report').click();
    await page.locator('#outcome', { hasText: 'beat' }).waitFor();
    await page.locator('tr.followed').waitFor();
    await shoot('live-dark')(page);
  });
  await look({ ...PHONE, colorScheme: 'light' }, async (page) => {
    await page.locator('#lazy').evaluate((lane) => lane.scrollIntoView());
    await shoot('live-phone')(page);
  });
  await server.show.database.switch(false);
  await look({ ...WIDE, colorScheme: 'light' }, async (page) => {
    await page.waitForTimeout(12_000);
    await shoot('live-outage')(page);
  });
} finally {
  await browser.close();
  await server.stop();
}
