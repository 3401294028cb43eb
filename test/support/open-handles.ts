/** What keeps the process alive, but for timers: the test runner has its own. */
export function openHandles(): string[] {
  const passing = ['Timeout', 'Immediate'];
  return process
    .getActiveResourcesInfo()
    .filter((kind) => !passing.includes(kind))
    .sort();
}
