const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });

/**
 * A name as plain text in a message: on one line, of bounded length, without effect as Markdown, mention or link, and
 * without effect on the direction of what stands beside it.
 */
export function plain(text: string, maxLength = 32): string {
  const line = clipped(
    text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' '),
    maxLength,
  );
  // Discord takes a backslash before anything but letters, digits and blanks.
  return `\u2068${line.replaceAll(/[\p{P}\p{S}]/gu, (mark) => (mark < '\u0080' ? `\\${mark}` : mark))}\u2069`;
}

/** The beginning of a text, by what people take for characters, with a mark where something is left out. */
export function clipped(text: string, maxLength: number): string {
  const kept: string[] = [];
  let length = 0;
  for (const { segment } of graphemes.segment(text)) {
    length += segment.length;
    if (length > maxLength) return `${cut(kept, maxLength - 1)}…`;
    kept.push(segment);
  }
  return text;
}

function cut(kept: readonly string[], maxLength: number): string {
  const text = kept.join('');
  return text.length > maxLength ? kept.slice(0, -1).join('') : text;
}

/** For comparing what people type: without case, accents and blanks around it. */
export function folded(text: string): string {
  return text
    .normalize('NFD')
    .replaceAll(/\p{M}+/gu, '')
    .toLowerCase()
    .trim();
}

/** A moment as Discord shows it, each reader in their own words: "3 minutes ago". */
export function moment(epochMs: number): string {
  return `<t:${Math.floor(epochMs / 1000)}:R>`;
}

/** How long something takes or is ago, roughly. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000));
  if (seconds < 60) return `${seconds} s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min`;
  return `${Math.floor(seconds / 3600)} h`;
}

export function number(value: number): string {
  return value.toLocaleString('en');
}
