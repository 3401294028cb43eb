import { messageOf } from '../errors.ts';
import type { WarmCacheEvents } from '../events.ts';
import type { AlarmKind, Guest, Host } from '../host.ts';
import type { ResolvedOptions } from '../options.ts';
import { WarmCache } from '../warm-cache.ts';
import { type Agenda, Appointment } from './agenda.ts';
import type { Batch } from './batch.ts';
import type { Pass, Ticket, Visitor } from './gate.ts';
import type { Linked } from './recency.ts';

/** What an entry needs of its map. */
export interface EntryHost<K, V> extends Host<V, Entry<K, V>> {
  tell<E extends keyof WarmCacheEvents<V>>(
    entry: Entry<K, V>,
    event: E,
    payload: Omit<WarmCacheEvents<V>[E], 'name'>,
  ): void;
}

/** The cache of one key. */
export class Entry<K, V> extends WarmCache<V> implements Linked<Entry<K, V>>, Visitor {
  readonly key: K;
  /** What the key is told apart by. */
  readonly id: unknown;
  /** Among the `keys` of the map: hot whether it is read or not. */
  isPinned = false;
  /** Which asking for those keys has named it last. */
  pinnedBy = 0;
  /** Aborted when it isn't any more, where somebody waits for all of those to have a value. */
  unpinned: AbortController | undefined;
  /** Until it is started again. */
  isStopped = false;
  /** Nobody has read it for a while: it isn't refreshed. */
  isCool = false;
  /** To go when its load has ended. */
  isLeaving = false;
  /** When it was read last, in epoch ms. */
  readAt = 0;
  /** Which part of the period its loads are due in. */
  readonly ordinal: number;
  /** The period that this is of, in ms; 0 before the first. */
  period = 0;
  older: Entry<K, V> | undefined;
  newer: Entry<K, V> | undefined;
  isListed = false;
  ticket: Ticket | undefined;
  pass: Pass | undefined;
  /** The call of `loadMany` that its load is to be part of. */
  batch: Batch<K, V> | undefined;
  readonly #host: EntryHost<K, V>;

  constructor(
    key: K,
    id: unknown,
    ordinal: number,
    options: ResolvedOptions<V>,
    host: EntryHost<K, V>,
  ) {
    super(options, host as Host<V, never>);
    this.key = key;
    this.id = id;
    this.ordinal = ordinal;
    this.#host = host;
  }

  protected override emit<E extends keyof WarmCacheEvents<V>>(
    event: E,
    payload: Omit<WarmCacheEvents<V>[E], 'name'>,
  ): void {
    this.#host.tell(this, event, payload);
  }

  protected override get label(): string {
    return `${this.name}[${messageOf(this.id)}]`;
  }

  protected override get traced(): { readonly name: string; readonly key: K } {
    return { name: this.name, key: this.key };
  }

  /** Apart from that of another type that reads the same. */
  protected override get storeKey(): string {
    return `${this.name}[${typeof this.id} ${String(this.id)}]`;
  }
}

/** What an entry is woken by: no closure for each, for there may be a hundred thousand of them. */
export class EntryAlarm extends Appointment {
  readonly #entry: Guest;
  readonly #kind: AlarmKind;

  constructor(agenda: Agenda, entry: Guest, kind: AlarmKind) {
    super(agenda);
    this.#entry = entry;
    this.#kind = kind;
  }

  override onFire(): void {
    this.#entry.onAlarm(this.#kind);
  }
}
