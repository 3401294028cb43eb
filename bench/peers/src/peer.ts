/** What the source of all scenarios gives: `asOf` is when the load that read it began, `version` what it held then. */
export interface Value {
  readonly version: number;
  readonly asOf: number;
}

/** What every peer is asked for, in ms. */
export interface Terms {
  /** No value older than this is wanted. */
  readonly ttl: number;
  /** From this age on a library that can refresh ahead of expiry may do so. */
  readonly refreshAfter: number;
  /** For so long past `ttl` a value may be served while there is no newer one. */
  readonly maxStale: number;
  /** What a load takes as a rule: most libraries count a ttl from its end, the value is as old as its start. */
  readonly loadTime: number;
  /** What a load may take. */
  readonly loadTimeout: number;
}

/** One cache of one value, in the words of the scenarios. */
export interface Peer {
  /** The value, as the library's users read it. */
  read(): Promise<Value | undefined>;
  /** The value if there is one at hand, where the library has a synchronous read. */
  peek?(): Value | undefined;
  /** Says that the source has changed. */
  invalidate(): unknown;
  /** Ends it, where the library's documentation has a way to. */
  close?(): unknown;
}

/** How a library is used here. */
export interface Adapter {
  /** The name of its package. */
  readonly name: string;
  /** What of it is used, in Markdown: one line for the document. */
  readonly use: string;
  create(load: () => Promise<Value>, terms: Terms): Peer;
}

/** The key of the one value, for libraries that have keys. */
export const KEY = 'key';
