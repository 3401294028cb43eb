/** Ms by a clock that all processes of a machine share, and that nobody can set. */
export function now(): number {
  return Number(process.hrtime.bigint() / 1000n) / 1000;
}

/** What is to be added to epoch ms for the time by {@link now}. */
export function epochOffset(): number {
  return now() - Date.now();
}
