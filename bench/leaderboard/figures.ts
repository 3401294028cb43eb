/** The value below which a share `q` of them lies; 1: the greatest. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  return sorted[Math.max(0, Math.ceil(q * sorted.length) - 1)] ?? Number.NaN;
}

/** Some text columns; the first row is the heading, the first column stands left. */
export function table(rows: readonly (readonly string[])[]): string {
  const widths = (rows[0] ?? []).map((_, i) => Math.max(...rows.map((row) => row[i]?.length ?? 0)));
  return rows
    .map((row) => {
      const cells = row.map((cell, i) =>
        i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0),
      );
      return `  ${cells.join('   ')}`.trimEnd();
    })
    .join('\n');
}

export const count = (value: number): string => Math.round(value).toLocaleString('en');
export const ms = (value: number): string => `${value.toFixed(value < 99.95 ? 1 : 0)} ms`;
export const us = (value: number): string => `${value.toFixed(value < 9.95 ? 1 : 0)} us`;
export const megabytes = (bytes: number): string => `${(bytes / 1e6).toFixed(2)} MB`;

/** Says of an aim whether it was reached. */
export function aim(
  sentence: string,
  figure: number,
  limit: number,
  text: (value: number) => string,
): void {
  const verdict = figure <= limit ? 'kept' : 'MISSED';
  console.log(`  aim: ${sentence} <= ${text(limit)}: ${text(figure)}, ${verdict}`);
}
