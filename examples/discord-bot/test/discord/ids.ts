const EPOCH = 1_420_070_400_000n;
let last = 0n;

/** A new snowflake, as Discord numbers everything: the time, and a count within the millisecond. */
export function newId(): string {
  const now = (BigInt(Date.now()) - EPOCH) << 22n;
  last = now > last ? now : last + 1n;
  return last.toString();
}
