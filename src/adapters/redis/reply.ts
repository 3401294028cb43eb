import type { FleetEntry, FleetKnown, FleetRecord } from '../../fleet/store.ts';

/** What a script answered: a word, and what stands in the record. */
export class Reply {
  readonly #name: string;
  readonly #fields: readonly string[];

  /** @throws Where it is no list of texts: another server's answer, or a client that answers by Buffers. */
  constructor(name: string, reply: unknown) {
    this.#name = name;
    if (!Array.isArray(reply) || !reply.every((field) => typeof field === 'string'))
      throw this.#wrong('a list of strings', reply);
    this.#fields = reply;
  }

  /** @throws Where it is none of `words`. */
  word<W extends string>(...words: W[]): W {
    const [first] = this.#fields;
    const word = words.find((word) => word === first);
    if (word === undefined) throw this.#wrong(words.join(' or '), first);
    return word;
  }

  /**
   * @param own - The payload that was published just now, and so isn't sent back.
   * @throws Where it isn't one.
   */
  record(known: FleetKnown, own?: string): FleetRecord {
    return {
      epoch: this.#text(1),
      seq: this.#whole(2),
      generation: this.#whole(3),
      fence: this.#whole(4),
      leaseLeft: this.#whole(5),
      resting: this.#text(6),
      entry: this.#fields.length > 7 ? this.#entry(known, own) : undefined,
    };
  }

  #entry(known: FleetKnown, own: string | undefined): FleetEntry {
    const version = this.#whole(7);
    const isKnown = known.epoch === this.#text(1) && known.version === version;
    return {
      version,
      generation: this.#whole(8),
      fence: this.#whole(9),
      hash: this.#text(10),
      age: this.#whole(11),
      token: this.#text(12),
      payload: isKnown ? undefined : (own ?? this.#text(13)),
    };
  }

  #text(place: number): string {
    const field = this.#fields[place];
    if (field === undefined) throw this.#wrong(`a string at ${place}`, this.#fields);
    return field;
  }

  #whole(place: number): number {
    const field = this.#text(place);
    const number = Number(field);
    if (!/^\d+$/.test(field) || !Number.isSafeInteger(number))
      throw this.#wrong(`a whole number at ${place}`, field);
    return number;
  }

  #wrong(expected: string, seen: unknown): TypeError {
    const text = JSON.stringify(seen) ?? String(seen);
    return new TypeError(
      `${this.#name} did not answer as its script does: expected ${expected}, got ${text.slice(0, 200)}`,
    );
  }
}
