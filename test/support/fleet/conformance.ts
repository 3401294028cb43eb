import { afterAll, beforeAll, describe } from 'vitest';
import { testLeases } from './conformance/leases.ts';
import { testMessages } from './conformance/messages.ts';
import { testPublishing } from './conformance/publishing.ts';
import { testRecords } from './conformance/records.ts';
import { testSequences } from './conformance/sequences.ts';
import type { Subject, Traits } from './conformance/subject.ts';

export type { Subject, Traits } from './conformance/subject.ts';

/**
 * States what a `FleetStore` promises, as tests of one.
 *
 * Each test has a record of its own, so the server may have others as well. Where what is promised leaves a choice, this
 * is what holds for all: a rest is nobody's, so its lease can't be renewed, released or ended by publishing any more; a
 * claim of a holder who has the lease is granted again, as it was; the `generation` of a message is the record's, but
 * for those that tell of an entry, `publish` and `renew`, whose it is; only `publish` carries a value.
 */
export function describeStore(
  name: string,
  make: () => Promise<Subject>,
  traits: Traits = {},
): void {
  describe(name, { timeout: 60_000, concurrent: traits.isConcurrent ?? false }, () => {
    let subject: Subject | undefined;
    const made = (): Subject => {
      if (!subject) throw new Error('no subject yet');
      return subject;
    };
    beforeAll(async () => {
      subject = await make();
    }, 60_000);
    afterAll(() => subject?.close(), 60_000);

    describe('records', () => testRecords(made, traits));
    describe('leases', () => testLeases(made, traits));
    describe('publishing', () => testPublishing(made));
    describe('messages', () => testMessages(made, traits));
    describe('sequences', () => testSequences(made, traits));
  });
}
