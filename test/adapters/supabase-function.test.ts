import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { AbortError, type NotModified, notModified, WarmCache } from 'warm-cache';
import type { Leaderboard } from 'warm-cache/leaderboard';
import { supabaseLeaderboard } from 'warm-cache/supabase';
import { answer, FakePostgrest } from '../support/postgrest.ts';

let server: FakePostgrest;

beforeEach(async () => {
  server = new FakePostgrest(1000);
  await server.listen();
});
afterEach(async () => {
  await server.close();
});

const rows = [1, 2, 3].map((n) => ({
  ...{ key: String(n), player: 'p', name: `n${n}`, country: null, race: 'zerg', score: n % 2 },
  wins: n,
}));

function load(signal = new AbortController().signal): Promise<Leaderboard | NotModified> {
  const { client } = server;
  const loader = supabaseLeaderboard({ client, rpc: 'board', details: ['wins'], ranking: 'dense' });
  return loader({ signal, previous: undefined, attempt: 1, reason: 'start', notModified });
}

describe('a leaderboard out of what a function answers', () => {
  it('has its rows, ranked, with their details', async () => {
    server.faults.push(answer(200, JSON.stringify([rows.slice(0, 2), rows.slice(2)])));
    const board = (await load()) as Leaderboard;
    expect(board.top(9)).toEqual([
      { ...rows[0], rank: 1 },
      { ...rows[2], rank: 1 },
      { ...rows[1], rank: 2 },
    ]);
    expect(server.requests.map(({ pathname }) => pathname)).toEqual(['/rest/v1/rpc/board']);
  });

  it('ends the retries where a row is refused', async () => {
    server.faults.push(answer(200, JSON.stringify([rows[0], { ...rows[1], country: undefined }])));
    const error = await load().catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(AbortError);
    expect((error as AbortError).originalError).toMatchObject({ name: 'RowError', key: '2' });
  });

  it('ends at once when it is aborted', async () => {
    const controller = new AbortController();
    server.faults.push((_, response) => {
      response.write('[[', () => controller.abort(new Error('enough')));
    });
    await expect(load(controller.signal)).rejects.toThrow('enough');
  });

  it('is asked for anew by each refresh', async () => {
    const list = answer(200, JSON.stringify(rows));
    const loader = supabaseLeaderboard({ client: server.client, rpc: 'board' });
    const cache = new WarmCache({ loader, ttl: 60_000 });
    server.faults.push(list, list, answer(200, JSON.stringify(rows.slice(1))));
    const board = await cache.get();
    expect((await cache.refresh()).value).toBe(board);
    expect(cache.health().loads).toMatchObject({ published: 1, unchanged: 1 });
    expect((await cache.refresh()).value.size).toBe(board.size - 1);
    await cache.stop();
  });
});
