import { createClient, type SupabaseClient } from '@supabase/supabase-js';
import { expect, it } from 'vitest';
import { reportMatch } from '../src/matches.ts';

type Answered = () => Promise<Response>;

function answering(answered: Answered): SupabaseClient {
  return createClient('http://localhost', 'key', {
    auth: { persistSession: false, autoRefreshToken: false },
    global: { fetch: answered },
  });
}

const json =
  (status: number, body: unknown): Answered =>
  async () =>
    new Response(JSON.stringify(body), { status });

const failed =
  (status: number, code: string): Answered =>
  async () =>
    new Response(JSON.stringify({ code, message: 'no' }), { status });

const RECORDED = { outcome: 'recorded' };
const REFUSED = { outcome: 'not recorded', isRefused: true };
const UNREACHED = { outcome: 'not recorded', isRefused: false };
const IN_DOUBT = { outcome: 'in doubt', isRefused: false };

const [won, lost] = [
  { key: '9007199254740993', rating: 1516 },
  { key: '9007199254740994', rating: 1484 },
];

it.each([
  ['both rows', json(200, [won, lost]), { ...RECORDED, winner: won, loser: lost }],
  ['both, the other way round', json(200, [lost, won]), { ...RECORDED, winner: won, loser: lost }],
  ['one row', json(200, [won]), IN_DOUBT],
  ['that there is no such row', failed(400, 'P0002'), REFUSED],
  ['that it may not', failed(401, '42501'), REFUSED],
  ['that there is no such function', failed(404, 'PGRST202'), REFUSED],
  ['that the key is wrong, without a code', json(401, { message: 'Invalid API key' }), REFUSED],
  ['that it has no connection to its database', failed(503, 'PGRST000'), UNREACHED],
  ['that it has no connection left', failed(504, 'PGRST003'), UNREACHED],
  ['that the statement took too long', failed(500, '57014'), UNREACHED],
  ['that the database shuts down', failed(503, '57P01'), UNREACHED],
  ['that the connection is lost', failed(503, '08006'), UNREACHED],
  ['something else of its own', failed(500, 'PGRSTX00'), IN_DOUBT],
  ['a gateway’s page', async () => new Response('<html>', { status: 502 }), IN_DOUBT],
  ['nothing at all', () => Promise.reject(new TypeError('fetch failed')), IN_DOUBT],
])('of an answer that says %s, a report makes what is true', async (_, answered, expected) => {
  const { signal } = new AbortController();
  const report = await reportMatch(answering(answered), won.key, lost.key, signal);
  expect(report).toMatchObject(expected);
});

it('a report is sent once, come what may', async () => {
  for (const answered of [failed(503, 'PGRST000'), () => Promise.reject(new TypeError('no'))]) {
    let requests = 0;
    const client = answering(() => {
      requests += 1;
      return answered();
    });
    await reportMatch(client, won.key, lost.key, new AbortController().signal);
    expect(requests).toBe(1);
  }
});
