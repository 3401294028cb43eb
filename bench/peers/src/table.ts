import type { Result } from './results.ts';
import { type ScenarioName, scenarios } from './scenarios.ts';

/** The headings of the two columns that are no scenario. */
export const AWAITED = 'Read, awaited';
export const SYNC = 'Read, synchronous';

/** What marks a cell of a scenario in which promises rejected unhandled. */
export const UNHANDLED = '†';

const ns = (figure: number | undefined): string =>
  figure === undefined ? '–' : `${Math.round(figure)} ns`;

function cells({ adapter, reports, awaited, sync }: Result): string[] {
  const names = Object.keys(scenarios) as ScenarioName[];
  const texts = names.map((name) => {
    const { figures, unhandled } = reports[name];
    return scenarios[name].cell(figures) + (unhandled > 0 ? ` ${UNHANDLED}` : '');
  });
  return [adapter.name, ...texts, ns(awaited), ns(sync)];
}

/** The table in Markdown, aligned so that it can be read as it is. */
export function table(results: readonly Result[]): string {
  const titles = Object.values(scenarios).map(({ title }) => title);
  const rows = [['', ...titles, AWAITED, SYNC], ...results.map(cells)];
  const widths = (rows[0] as string[]).map((_, i) =>
    Math.max(...rows.map((row) => row[i]?.length ?? 0)),
  );
  const line = (row: readonly string[]): string =>
    `| ${row.map((cell, i) => cell.padEnd(widths[i] ?? 0)).join(' | ')} |`;
  const rule = `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`;
  const [head, ...body] = rows.map(line);
  return [head, rule, ...body].join('\n');
}
