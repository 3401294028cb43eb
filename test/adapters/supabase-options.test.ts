import { describe, expect, it, vi } from 'vitest';
import { type SupabaseClientLike, supabaseLeaderboard } from 'warm-cache/supabase';

const client: SupabaseClientLike = { from: vi.fn() };
const columns = { key: 'id', player: 'player_id', name: 'player_name', score: 'rating' };
const good = { client, table: 'board', columns };
const caller = { ...client, rpc: vi.fn() };

type Options = Parameters<typeof supabaseLeaderboard>[0];

describe('the options', () => {
  it.each([
    ['client', { client: undefined }],
    ['client', { client: {} }],
    ['table', { table: '' }],
    ['table', { table: 7 }],
    ['columns.key', { columns: undefined }],
    ['columns.key', { columns: { ...columns, key: [] } }],
    ['columns.key', { columns: { ...columns, key: ['season', ''] } }],
    ['columns.key', { columns: { ...columns, key: ['season', 3] } }],
    ['columns.player', { columns: { ...columns, player: undefined } }],
    ['columns.name', { columns: { ...columns, name: null } }],
    ['columns.name', { columns: { ...columns, name: '*' } }],
    ['columns.score', { columns: { ...columns, score: 3 } }],
    ['columns.country', { columns: { ...columns, country: '' } }],
    ['columns.race', { columns: { ...columns, race: 1 } }],
    ['columns.updatedAt', { columns: { ...columns, updatedAt: true } }],
    ['columns.details', { columns: { ...columns, details: 'wins' } }],
    ['columns.details', { columns: { ...columns, details: ['wins', ''] } }],
    ['details', { columns: { ...columns, details: ['rank'] } }],
    ['details', { columns: { ...columns, details: ['score'] } }],
    ['pageSize', { pageSize: '10' }],
    ['overlap', { overlap: '10' }],
    ['fullReloadInterval', { fullReloadInterval: null }],
    ['countRows', { countRows: 'yes' }],
    ['details', { details: ['wins'] }],
    ['ranking', { ranking: 'best' }],
    ['schema', { schema: {} }],
  ])('%s: a wrong one is a TypeError', (name, wrong) => {
    const options = { ...good, ...wrong } as Options;
    expect(() => supabaseLeaderboard(options)).toThrow(TypeError);
    expect(() => supabaseLeaderboard(options)).toThrow(`\`${name}`);
  });

  it.each([
    ['client.rpc', { client }],
    ['client.rpc', { client: undefined }],
    ['rpc', { rpc: '' }],
    ['rpc', { rpc: null }],
    ['table', { table: 'board' }],
    ['columns', { columns: { ...columns, updatedAt: 'at' } }],
    ['pageSize', { pageSize: 10 }],
    ['overlap', { overlap: 10 }],
    ['fullReloadInterval', { fullReloadInterval: 10 }],
    ['countRows', { countRows: false }],
    ['details', { details: 'wins' }],
    ['details', { details: ['name'] }],
    ['ranking', { ranking: 'best' }],
  ])('%s: a wrong one for a function is a TypeError', (name, wrong) => {
    const options = { client: caller, rpc: 'board', ...wrong } as unknown as Options;
    expect(() => supabaseLeaderboard(options)).toThrow(TypeError);
    expect(() => supabaseLeaderboard(options)).toThrow(`\`${name}`);
  });

  it.each([undefined, null, 7])('%s is a TypeError', (wrong) => {
    expect(() => supabaseLeaderboard(wrong as unknown as Options)).toThrow(TypeError);
  });

  it.each([
    ['pageSize', 0],
    ['pageSize', -1],
    ['pageSize', 1.5],
    ['pageSize', Number.NaN],
    ['pageSize', Infinity],
    ['overlap', -1],
    ['overlap', Number.NaN],
    ['overlap', Infinity],
    ['fullReloadInterval', -1],
    ['fullReloadInterval', Number.NaN],
  ])('%s: %d is a RangeError', (name, number) => {
    expect(() => supabaseLeaderboard({ ...good, [name]: number })).toThrow(RangeError);
    expect(() => supabaseLeaderboard({ ...good, [name]: number })).toThrow(`\`${name}\``);
  });

  it.each([
    { fullReloadInterval: Infinity },
    { fullReloadInterval: 0, overlap: 0, countRows: false },
    { columns: { ...columns, country: undefined, race: undefined, updatedAt: undefined } },
    { columns: { ...columns, key: ['season', 'id'] as const, details: [] } },
  ])('%j are right', (right) => {
    expect(() => supabaseLeaderboard({ ...good, ...right })).not.toThrow();
  });

  it('of a function are few', () => {
    const right = { client: caller, rpc: 'board', details: ['wins'], ranking: 'dense' } as const;
    expect(() => supabaseLeaderboard(right)).not.toThrow();
  });
});
