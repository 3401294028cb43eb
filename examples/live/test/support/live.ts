import type { Browser, BrowserContextOptions, Locator, Page } from 'playwright-core';
import { type SupabaseStack, startStack } from 'supabase-stack';
import { afterAll, afterEach, beforeAll, expect } from 'vitest';
import { type LiveServer, type ServeOptions, serveLive } from '../../src/server.ts';
import { launch } from './browser.ts';

/** How patient the tests are with the page, ms: a load, a backoff and a database's start must fit in. */
const PATIENCE = 45_000;

/** The page, in a browser, over a stack of its own. */
export class Live {
  stack!: SupabaseStack;
  server!: LiveServer;
  readonly #options: ServeOptions;
  #browser!: Browser;
  /** What a page complained about. */
  #complaints: string[] = [];
  #expected: RegExp | undefined;

  constructor(options: ServeOptions) {
    this.#options = options;
  }

  async start(): Promise<void> {
    this.stack = await startStack({ rows: 5000 });
    await this.serve();
    this.#browser = await launch();
  }

  /** Serves the page, or does so again. */
  async serve(port?: number): Promise<void> {
    this.server = await serveLive(this.stack, { ...this.#options, ...(port ? { port } : {}) });
  }

  async stop(): Promise<void> {
    await this.#browser?.close();
    await this.server?.stop();
    await this.stack?.stop();
  }

  /** The page, with all that it shows at first. */
  async visit(options: BrowserContextOptions = {}, path = ''): Promise<Page> {
    const context = await this.#browser.newContext({
      viewport: { width: 1440, height: 900 },
      ...options,
    });
    context.setDefaultTimeout(PATIENCE);
    const page = await context.newPage();
    page.on('console', (message) => {
      if (message.type() === 'error' || message.type() === 'warning') {
        this.#complaints.push(message.text());
      }
    });
    page.on('pageerror', (error) => this.#complaints.push(String(error)));
    await page.goto(this.server.url + path);
    await page.locator('#connection[data-state="live"]').waitFor();
    await page.locator('#board[aria-busy="false"] #rows tr').first().waitFor();
    return page;
  }

  /** Has complaints like this one pass, in this test. */
  expectComplaints(like: RegExp): void {
    this.#expected = like;
  }

  /** Closes all pages: none of them may have complained. */
  async leave(): Promise<void> {
    for (const context of this.#browser.contexts()) await context.close();
    const unexpected = this.#complaints.filter((text) => !this.#expected?.test(text));
    this.#complaints = [];
    this.#expected = undefined;
    expect(unexpected).toEqual([]);
  }

  /** Asks the database itself. */
  sql<Row extends object>(text: string, values: unknown[] = []): Promise<Row[]> {
    return this.stack.query(text, values);
  }
}

/** Serves the page for the tests of a file. */
export function live(options: ServeOptions): Live {
  const all = new Live(options);
  beforeAll(() => all.start());
  afterEach(() => all.leave());
  afterAll(() => all.stop());
  return all;
}

/** A figure of a lane, as it stands there. */
export async function figure(page: Page, lane: 'lazy' | 'warm', name: string): Promise<number> {
  const text = await textOf(page.locator(`#${lane} [data-figure="${name}"]`));
  return Number(text.replaceAll(',', ''));
}

/** How many requests of a lane are counted. */
export async function requests(page: Page, lane: 'lazy' | 'warm'): Promise<number> {
  const note = page.locator(`#${lane} [data-figure="waited"] + .note`);
  return Number((await textOf(note)).replace(/\D/g, ''));
}

/** Waits until what is asked of the page is as it should be. */
export async function until(condition: () => Promise<boolean>): Promise<void> {
  await expect.poll(condition, { timeout: PATIENCE, interval: 50 }).toBe(true);
}

/** The text of an element, whether it is seen or not. */
export async function textOf(element: Locator): Promise<string> {
  return (await element.textContent()) ?? '';
}
