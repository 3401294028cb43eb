import { describe, expect, it } from 'vitest';
import {
  busy,
  cut,
  cutInChunks,
  cutJson,
  emptyAnswer,
  garbage,
  garbageAsJson,
  htmlError,
  htmlPage,
  reset,
} from '../support/faulty-hop.ts';
import { ROWS, through } from '../support/outage.ts';
import { servers } from '../support/stack.ts';

const use = servers(ROWS);

describe('the network, under a thousand readers', () => {
  it.each([
    ['cuts answers in the middle', cut, 0, /terminated/],
    ['cuts answers between two chunks', cutInChunks, 0, /terminated/],
    ['brings half of the JSON', cutJson, 200, /^Expected an end of the rows, got none after \d+$/],
    ['resets connections', reset, 0, /fetch failed/],
    ['brings garbage', garbage, 0, /fetch failed/],
    ['brings garbage for JSON', garbageAsJson, 200, /Expected rows, got \0/],
    ['brings an HTML error page', htmlError, 502, /^<!doctype html>/],
    ['brings an HTML page with a status of 200', htmlPage, 200, /got <!doctype html>/],
    ['brings a 200 with an empty body', emptyAnswer, 200, /^Expected rows, got nothing$/],
    ['brings 429 for longer than it said', busy(0), 429, /Too many requests/],
  ])('%s', async (_, fault, status, message) => {
    const { hop, stack } = use;
    const failed = await through({
      url: hop.url,
      key: stack.anonKey,
      begin: () => {
        hop.fault = fault;
      },
      end: () => {
        hop.fault = undefined;
      },
      failures: 4,
    });
    // A page may have come before the fault: what it is cut to then is that of a load in the middle.
    expect(failed.at(-1)?.cause).toMatchObject({
      name: 'SupabaseError',
      status,
      message: expect.stringMatching(message),
    });
  });

  it('brings 429 with Retry-After: nobody asks before that, and no load fails', async () => {
    const { hop, stack } = use;
    let first = 0;
    const failed = await through({
      url: hop.url,
      key: stack.anonKey,
      begin: () =>
        new Promise<void>((resolve) => {
          hop.fault = (response, body) => {
            const isFirst = first === 0;
            if (isFirst) first = hop.requests.length;
            else hop.fault = undefined;
            busy(1)(response, body);
            if (!isFirst) resolve();
          };
        }),
      end: () => {},
      failures: 0,
    });
    expect(failed).toEqual([]);
    const [refused = 0, again = 0, third = 0] = hop.requests.slice(first - 1);
    // Timers may be early by the part of a ms.
    expect(again - refused).toBeGreaterThan(998);
    expect(third - again).toBeGreaterThan(998);
  });
});
