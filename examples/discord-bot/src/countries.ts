const names = new Intl.DisplayNames('en', { type: 'region', fallback: 'none' });

/** The country's name, if the code is one of ISO 3166; else the code. */
export function countryName(code: string): string {
  return isCode(code) ? (names.of(code) ?? code) : code;
}

/** The country's flag, as the two letters that Discord draws as one; nothing for other codes. */
export function flagOf(code: string): string {
  if (!isCode(code) || names.of(code) === undefined) return '';
  return String.fromCodePoint(...[...code].map((letter) => 0x1f1e6 - 65 + letter.charCodeAt(0)));
}

function isCode(code: string): boolean {
  return /^[A-Z]{2}$/.test(code);
}
