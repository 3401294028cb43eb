/** How many rows a value has, where it tells. */
export function rowsOf(value: unknown): number | undefined {
  try {
    if (Array.isArray(value)) return value.length;
    if (typeof value !== 'object' || value === null) return undefined;
    const { size, count } = value as { size?: unknown; count?: unknown };
    return [size, count].find((number): number is number => Number.isSafeInteger(number));
  } catch {
    return undefined;
  }
}
