/** `78.45 ms`, `12.3 s`, `4 min 12 s`, `2 h 5 min`, `3 d 4 h`. */
export function durationInWords(ms: number): string {
  if (ms < 1000) return `${Number(ms.toFixed(2))} ms`;
  if (ms < 59_950) return `${Number((ms / 1000).toFixed(1))} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return inTwo(seconds, 60, 'min', 's');
  const minutes = Math.round(seconds / 60);
  return minutes < 1440
    ? inTwo(minutes, 60, 'h', 'min')
    : inTwo(Math.round(minutes / 60), 24, 'd', 'h');
}

/** `1 row`, `30 000 rows`. */
export function countInWords(count: number, one: string, many: string): string {
  return `${String(count).replaceAll(/\B(?=(\d{3})+$)/g, ' ')} ${count === 1 ? one : many}`;
}

function inTwo(amount: number, per: number, large: string, small: string): string {
  const rest = amount % per;
  const whole = `${(amount - rest) / per} ${large}`;
  return rest === 0 ? whole : `${whole} ${rest} ${small}`;
}
