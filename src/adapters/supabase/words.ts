const PLAIN_NAME = /^[A-Za-z_][A-Za-z0-9_$]*$/;

/** The name of a column, as PostgREST reads it in `select`, `order` and filters: in quotes where it isn't plain. */
export function nameOf(column: string): string {
  return PLAIN_NAME.test(column) ? column : quoted(column);
}

/** A text as PostgREST reads it in names and filters, whatever is in it. */
export function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}
