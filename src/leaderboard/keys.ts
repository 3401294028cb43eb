const ZERO = 0x30;
const NINE = 0x39;
const MINUS = 0x2d;

/**
 * A total order of keys in UTF-8: whole numbers by value, then everything else byte by byte, which is by code point, as
 * PostgreSQL's `collate "C"` has it.
 */
export function compareKeys(
  a: Uint8Array,
  startA: number,
  endA: number,
  b: Uint8Array,
  startB: number,
  endB: number,
): number {
  const aIsNumber = isWholeNumber(a, startA, endA);
  if (aIsNumber !== isWholeNumber(b, startB, endB)) return aIsNumber ? -1 : 1;
  if (!aIsNumber) return compareBytes(a, startA, endA, b, startB, endB);
  const isNegative = a[startA] === MINUS;
  if (isNegative !== (b[startB] === MINUS)) return isNegative ? -1 : 1;
  // Without leading zeros the longer one is farther from 0.
  const order = endA - startA - (endB - startB) || compareBytes(a, startA, endA, b, startB, endB);
  return isNegative ? -order : order;
}

/** `0`, or digits that begin with another one; a minus may stand ahead of those. */
function isWholeNumber(bytes: Uint8Array, start: number, end: number): boolean {
  if (start === end) return false;
  const first = bytes[start] === MINUS ? start + 1 : start;
  // A leading zero would put 007 after 10, by its length.
  if (bytes[first] === ZERO) return first === start && end === start + 1;
  for (let i = first; i < end; i++) {
    const byte = bytes[i] as number;
    if (byte < ZERO || byte > NINE) return false;
  }
  return first < end;
}

function compareBytes(
  a: Uint8Array,
  startA: number,
  endA: number,
  b: Uint8Array,
  startB: number,
  endB: number,
): number {
  const shorter = Math.min(endA - startA, endB - startB);
  for (let i = 0; i < shorter; i++) {
    const order = (a[startA + i] as number) - (b[startB + i] as number);
    if (order !== 0) return order;
  }
  return endA - startA - (endB - startB);
}
