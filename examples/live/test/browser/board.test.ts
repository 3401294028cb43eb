import type { Page } from 'playwright-core';
import { describe, expect, it } from 'vitest';
import { live, textOf, until } from '../support/live.ts';

const all = live({ matches: false, readers: 5 });

interface Question {
  readonly countries?: readonly string[];
  readonly unknown?: boolean;
  readonly races?: readonly string[];
  readonly best?: boolean;
  readonly page?: number;
}

/** What the database says of a page of the board. */
async function answerOf({ countries, unknown, races, best, page = 1 }: Question) {
  const list = await all.sql<Record<string, string | null>>(
    `with matching as (
      select * from player_races
      where (($1::text[] is null and not $2) or country = any($1) or ($2 and country is null))
        and ($3::text[] is null or race = any($3))
    ), candidates as (
      select * from matching where not $4
      union all
      select * from (select distinct on (player_id) * from matching order by player_id, rating desc, id) as best
      where $4
    )
    select rank() over (order by rating desc)::text as rank, player_name as name, country, race, rating::text as score,
      count(*) over ()::text as total
    from candidates order by rating desc, id`,
    [countries ?? null, unknown ?? false, races ?? null, best ?? false],
  );
  return {
    total: list.length,
    pages: Math.ceil(list.length / 15),
    rows: list
      .slice((page - 1) * 15, page * 15)
      .map(({ rank, name, country, race, score }) => [rank, name, country ?? '–', race, score]),
  };
}

const loaded = async (page: Page): Promise<void> => {
  await page.locator('#board[aria-busy="false"]').waitFor();
};

/** What stands in the table. */
async function shown(page: Page) {
  await loaded(page);
  const rows = await page.locator('#rows tr').evaluateAll((list) =>
    list.map((row) => {
      const [rank, name, country, race, rating] = [...row.children].map((cell) => {
        const copy = cell.cloneNode(true) as HTMLElement;
        for (const extra of copy.querySelectorAll('.mark, .name')) extra.remove();
        return copy.textContent ?? '';
      });
      return [rank, name, country, race, rating].map((text) => text ?? '');
    }),
  );
  const plain = (text = ''): string => text.replaceAll(',', '');
  return {
    total: Number.parseInt(plain(await textOf(page.locator('#total'))), 10),
    pages: Number(plain(await textOf(page.locator('#page'))).split(' of ')[1]),
    rows: rows.map(([rank, name, country, race = '', rating]) => [
      plain(rank),
      name,
      country,
      race.toLowerCase(),
      plain(rating),
    ]),
  };
}

async function choose(page: Page, { countries = [], unknown, races = [], best }: Question) {
  if (countries.length > 0 || unknown) {
    await page.locator('#countries summary').click();
    for (const country of countries) await page.locator(`input[value="${country}"]`).check();
    if (unknown) await page.locator('input[value="none"]').check();
    await page.keyboard.press('Escape');
  }
  for (const race of races) await page.locator(`input[value="${race}"]`).check();
  if (best) await page.getByLabel('Best race only').check();
}

describe('the board', () => {
  it.each<Question>([
    {},
    { countries: ['PL'] },
    { countries: ['PL', 'KR', 'CI'] },
    { unknown: true },
    { countries: ['DE'], unknown: true },
    { races: ['zerg'] },
    { races: ['zerg', 'terran'] },
    { best: true },
    { countries: ['PL', 'DE'], races: ['zerg', 'random'], best: true },
    { countries: ['IS'], unknown: true, races: ['protoss'], best: true },
  ])('says what the database says of %j', async (question) => {
    const page = await all.visit();
    await choose(page, question);
    const expected = await answerOf(question);
    await until(async () => (await shown(page)).total === expected.total);
    expect(await shown(page)).toEqual(expected);
  });

  it('is turned over page by page, and to its ends', async () => {
    const page = await all.visit();
    const question: Question = { countries: ['PL', 'KR'], races: ['zerg'] };
    await choose(page, question);
    const { pages } = await answerOf(question);
    expect(pages).toBeGreaterThan(3);
    const isOn = async (number: number): Promise<void> => {
      await page.locator('#page', { hasText: `Page ${number} of ${pages}` }).waitFor();
      expect(await shown(page)).toEqual(await answerOf({ ...question, page: number }));
    };
    await isOn(1);
    await page.getByRole('button', { name: 'Next' }).click();
    await isOn(2);
    await page.getByRole('button', { name: 'Last' }).click();
    await isOn(pages);
    await page.getByRole('button', { name: 'Previous' }).click();
    await isOn(pages - 1);
    await page.getByRole('button', { name: 'First' }).click();
    await isOn(1);
  });

  it('goes no further than its ends, and keeps the focus there', async () => {
    const page = await all.visit();
    const previous = page.getByRole('button', { name: 'Previous' });
    expect(await previous.getAttribute('aria-disabled')).toBe('true');
    await previous.click({ force: true });
    await page.getByRole('button', { name: 'Last' }).click();
    await page.locator('#last[aria-disabled="true"]').waitFor();
    expect(await page.evaluate(() => document.activeElement?.id)).toBe('last');
    const last = await textOf(page.locator('#page'));
    await page.getByRole('button', { name: 'Next' }).click({ force: true });
    await loaded(page);
    expect(await textOf(page.locator('#page'))).toBe(last);
  });

  it('begins at the first page when a filter changes', async () => {
    const page = await all.visit();
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('#page', { hasText: 'Page 2 of' }).waitFor();
    await choose(page, { races: ['zerg'] });
    await page.locator('#page', { hasText: 'Page 1 of' }).waitFor();
  });

  it('says which countries are chosen, and takes the filters away again', async () => {
    const page = await all.visit();
    await choose(page, { countries: ['PL', 'DE', 'KR', 'US'], races: ['zerg'], best: true });
    await page.locator('#countries-chosen', { hasText: /, \w+ and 2 more/ }).waitFor();
    await page.getByRole('button', { name: 'Clear the filters' }).click();
    await page.locator('#countries-chosen', { hasText: 'all' }).waitFor();
    const expected = await answerOf({});
    await until(async () => (await shown(page)).total === expected.total);
    expect(await page.locator('#filters input:checked').count()).toBe(0);
    expect(await page.evaluate(() => document.activeElement?.tagName)).toBe('SUMMARY');
  });

  it('says so where nobody is like that', async () => {
    // Nobody can know of a country whose players have all left since the page was made.
    const page = await all.visit({}, '?country=ZZ');
    await page.getByText('Nobody is like that.').waitFor();
    await page.locator('#page', { hasText: 'Page 1 of 1' }).waitFor();
    expect(await page.locator('#following').getAttribute('aria-disabled')).toBe('true');
  });

  it('is the same one after a reload', async () => {
    const page = await all.visit();
    const question: Question = { countries: ['KR'], races: ['terran'], best: true };
    await choose(page, question);
    await page.getByRole('button', { name: 'Next' }).click();
    await page.locator('#page', { hasText: 'Page 2 of' }).waitFor();
    await page.reload();
    await page.locator('#page', { hasText: 'Page 2 of' }).waitFor();
    expect(await shown(page)).toEqual(await answerOf({ ...question, page: 2 }));
    expect(await page.locator('#filters input:checked').count()).toBe(3);
    await page.locator('#countries-chosen', { hasText: 'KR' }).waitFor();
  });

  it('turns to the last page where there is none of the number asked for', async () => {
    const page = await all.visit({}, '?country=IS&page=900');
    const { pages } = await answerOf({ countries: ['IS'] });
    await page.locator('#page', { hasText: `Page ${pages} of ${pages}` }).waitFor();
  });

  it('opens as usual where the address makes no sense', async () => {
    const page = await all.visit({}, '?page=-7&nonsense=1');
    await page.locator('#page', { hasText: 'Page 1 of' }).waitFor();
    expect(await shown(page)).toEqual(await answerOf({}));
  });

  it('shows what nobody told it of, with a mark', async () => {
    const page = await all.visit();
    const [third] = (await answerOf({})).rows.slice(2);
    const key = await page.locator('#rows tr').nth(2).getAttribute('data-key');
    await all.sql('update ratings set rating = rating + 500 where id = $1', [key]);
    const row = page.locator(`#rows tr[data-key="${key}"]`);
    await row.locator('.mark.up', { hasText: /▲2/ }).waitFor();
    expect((await shown(page)).rows[0]?.[1]).toBe(third?.[1]);
    expect(await shown(page)).toEqual(await answerOf({}));
    await page.locator('#rows tr:nth-child(2) .mark.down', { hasText: /down 1, now/ }).waitFor();
  });
});

describe('a match', () => {
  it('is written, and seen by the next read', async () => {
    const page = await all.visit();
    const games = 'select count(*)::integer as count from games';
    const [before] = await all.sql<{ count: number }>(games);
    const version = await textOf(page.locator('#version'));
    await page.getByRole('button', { name: 'Report a match' }).click();
    await page.locator('#outcome', { hasText: 'The next read had it' }).waitFor();
    const [after] = await all.sql<{ count: number }>(games);
    expect((after?.count ?? 0) - (before?.count ?? 0)).toBe(1);

    const expected = await answerOf({});
    expect(await shown(page)).toEqual(expected);
    const followed = page.locator('#rows tr.followed');
    const name = await textOf(followed.locator('th'));
    const rank = Number(/rank \d+ → (\d+)/.exec(await textOf(page.locator('#outcome')))?.[1]);
    expect(expected.rows.find((row) => row[1] === name)?.[0]).toBe(String(rank));
    await followed.locator('.mark.up').waitFor();
    await until(async () => (await textOf(page.locator('#version'))) !== version);
    await page.locator('#loads tr', { hasText: 'invalidated' }).first().waitFor();
  });

  it('ranks within the filter, and leads to where the winner stands now', async () => {
    const page = await all.visit();
    const question: Question = { races: ['zerg'] };
    await choose(page, question);
    for (let number = 2; number <= 12; number++) {
      await page.getByRole('button', { name: 'Next' }).click();
      await page.locator('#page', { hasText: `Page ${number} of` }).waitFor();
    }
    await page.getByRole('button', { name: 'Report a match' }).click();
    await page.getByRole('button', { name: 'Show the player' }).click();
    const followed = page.locator('#rows tr.followed');
    await followed.waitFor();
    const number = Number(/Page (\d+)/.exec(await textOf(page.locator('#page')))?.[1]);
    expect(number).toBeLessThan(12);
    const { rows } = await answerOf({ ...question, page: number });
    expect((await shown(page)).rows).toEqual(rows);
    const [, rank] = /rank [\d,]+ → ([\d,]+)/.exec(await textOf(page.locator('#outcome'))) ?? [];
    expect(await textOf(followed.locator('td').first())).toContain(rank ?? 'no rank');
  });

  it('is between two of all where the filter leaves fewer', async () => {
    const page = await all.visit({}, '?country=ZZ');
    await page.getByRole('button', { name: 'Report a match' }).click();
    await page.locator('#outcome', { hasText: 'beat' }).waitFor();
  });
});
