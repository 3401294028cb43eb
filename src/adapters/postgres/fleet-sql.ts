import { expect } from '../../options.ts';
import { body, nameOf, quoted, sqlOf } from './names.ts';

/** Of the function, behind the name of the table: another one, and processes of two releases get along. */
export const FUNCTION_SUFFIX = '_v1';

/** Where records stand unless it is said otherwise. */
export const DEFAULT_TABLE = 'public.warm_cache_fleet';

/**
 * The options of {@link fleetSql}.
 *
 * @example
 * ```ts
 * import type { FleetSqlOptions } from 'warm-cache/postgres';
 *
 * const options: FleetSqlOptions = { table: 'warm_cache.fleet', role: 'app' };
 * ```
 */
export interface FleetSqlOptions {
  /**
   * What the table is to be called: `name`, or `schema.name` of a schema that there is. Without one it is in `public`.
   * @default 'public.warm_cache_fleet'
   */
  readonly table?: string | undefined;
  /**
   * Who is to use it, besides the owner: is granted the least that this takes.
   * @default nobody
   */
  readonly role?: string | undefined;
}

/**
 * The SQL that makes the table and the function of {@link postgresTier}: run it once, in a migration. Run again, it leaves
 * the table and brings the function up to date. PostgreSQL 13 or later.
 *
 * @throws {TypeError} A name is none.
 * @throws {RangeError} A name is too long.
 *
 * @example
 * ```ts
 * import { fleetSql } from 'warm-cache/postgres';
 *
 * console.log(fleetSql({ table: 'warm_cache.fleet', role: 'app' }));
 * ```
 */
export function fleetSql(options: FleetSqlOptions = {}): string {
  expect('options', options, 'object');
  const { table = DEFAULT_TABLE, role } = options;
  const name = nameOf('table', table, FUNCTION_SUFFIX);
  if (role !== undefined) expect('role', role, 'string');
  const call = sqlOf(name, FUNCTION_SUFFIX);
  const signature = `${call}(text, text, jsonb, text)`;
  const grants =
    role === undefined
      ? ''
      : `
grant usage on schema ${quoted(name.schema)} to ${quoted(role)};
grant select, insert, update on ${sqlOf(name)} to ${quoted(role)};
grant execute on function ${signature} to ${quoted(role)};
`;
  return `${tableSql(sqlOf(name))}
${functionSql(call, sqlOf(name))}
revoke execute on function ${signature} from public;
${grants}`;
}

// Unlogged: what a crash or a failover empties is made anew, with a new epoch, and no value is worth a write-ahead log.
// The room in each page lets an update stay there, where no index has to know of it.
const tableSql = (table: string): string => `create unlogged table if not exists ${table} (
  key text primary key,
  epoch text not null,
  seq bigint not null default 0,
  generation bigint not null default 0,
  fence bigint not null default 0,
  -- Who got that fence, and when.
  holder text not null default '',
  granted_at timestamptz,
  -- The lease, or the rest after a load that failed.
  lease_until timestamptz,
  rests boolean not null default false,
  reason text not null default '',
  -- The entry: there is one where there is a payload.
  version bigint not null default 0,
  entry_generation bigint not null default 0,
  entry_fence bigint not null default 0,
  entry_at timestamptz,
  entry_ttl double precision,
  hash text not null default '',
  token text not null default '',
  payload text,
  -- From then on it counts as missing.
  expires_at timestamptz not null
) with (fillfactor = 50);
`;

/** The fields of a record, but for the payload. */
const FIELDS = [
  ['epoch', 'seq', 'generation', 'fence', 'holder', 'granted_at', 'lease_until', 'rests', 'reason'],
  ['version', 'entry_generation', 'entry_fence', 'entry_at', 'entry_ttl', 'hash', 'token'],
  ['expires_at'],
].flat();

/**
 * Each call is one statement, hence one transaction: a row lock makes its steps one, and a pooler may give the next call
 * another connection.
 *
 * The time is that of the clock, read when the lock is there: now() is when the statement began, before it waited.
 */
const functionSql = (name: string, table: string): string => `create or replace function ${name}(
  p_op text, p_key text, p_call jsonb, p_payload text, out o_answer text, out o_payload text
) language plpgsql volatile security invoker set search_path = pg_catalog, pg_temp as ${body(`declare
  c constant jsonb := p_call;
  c_keep constant interval := (c->>'keep')::float8 * interval '1 ms';
  c_slack constant interval := least(c_keep / 4, interval '1 minute');
  r record;
  v_now timestamptz;
  v_expires timestamptz;
  v_is_anew boolean;
  v_is_leased boolean;
  v_is_mine boolean;
  v_is_same boolean;
  v_is_changed boolean := false;
  v_is_free boolean;
  v_outcome text;
  v_act text;
  v_message jsonb;
  v_payload text := 'keep';
begin
  -- What changes nothing takes no lock and writes nothing: a look first.
  for v_pass in 1..2 loop
    continue when v_pass = 1 and p_op not in ('read', 'claim');
    if v_pass = 1 then
      select ${selection('t')} into r from ${table} t where t.key = p_key;
      continue when not found;
    else
      loop
        select ${selection('t')} into r from ${table} t where t.key = p_key for update;
        exit when found;
        insert into ${table} (key, epoch, expires_at)
        values (p_key, gen_random_uuid()::text, 'infinity') on conflict (key) do nothing;
      end loop;
    end if;
    v_now := clock_timestamp();
    v_expires := coalesce(v_now + c_keep, 'infinity');

    -- Nobody has asked for it for long, or the server has lost what the caller knows of.
    v_is_anew := r.expires_at <= v_now or (
      c->'known'->>'epoch' = r.epoch
      and (
        (c->'known'->>'seq')::bigint > r.seq or (c->'known'->>'fence')::bigint > r.fence
        or (c->'known'->>'generation')::bigint > r.generation
      )
    );
    -- A little longer than asked, so that not each call has to write it down.
    v_is_changed := v_is_anew
      or r.expires_at < v_expires or r.expires_at > coalesce(v_expires + c_slack, 'infinity');
    continue when v_pass = 1 and v_is_changed;
    if v_is_anew then
      r.epoch := gen_random_uuid()::text;
      r.seq := 0;
      r.generation := 0;
      r.fence := 0;
      r.holder := '';
      r.granted_at := null;
      r.lease_until := null;
      r.version := 0;
      r.entry_generation := 0;
      r.entry_fence := 0;
      r.hash := '';
      r.token := '';
      r.has := false;
      r.body := null;
      v_payload := 'drop';
    end if;
    if v_is_changed then
      r.expires_at := coalesce(v_expires + c_slack, 'infinity');
    end if;

    v_is_leased := coalesce(r.lease_until > v_now, false);
    v_is_mine := v_is_leased and not r.rests and r.holder = c->>'holder'
      and coalesce(c->>'epoch' = r.epoch, p_op = 'claim');
    v_is_free := not (r.has and r.entry_fence > coalesce((c->>'have')::bigint, 0))
      and (not v_is_leased or v_is_mine or (r.rests and (c->>'force')::boolean));
    exit when p_op = 'read' or (p_op = 'claim' and not v_is_free);
  end loop;

  if p_op = 'claim' and v_is_free then
    -- One that was sent twice, as its answer was lost, has the lease already.
    if not v_is_mine then
      r.fence := r.fence + 1;
      r.holder := c->>'holder';
      r.granted_at := v_now;
    end if;
    r.lease_until := v_now + (c->>'leaseTime')::float8 * interval '1 ms';
    r.rests := false;
    v_outcome := 'granted';
    v_is_changed := true;
  elsif p_op = 'renew' and v_is_mine then
    r.lease_until := v_now + (c->>'leaseTime')::float8 * interval '1 ms';
    v_outcome := 'renewed';
    v_is_changed := true;
  elsif p_op = 'release' and v_is_mine then
    r.rests := (c->>'rest')::float8 > 0;
    r.lease_until := case when r.rests then v_now + (c->>'rest')::float8 * interval '1 ms' end;
    r.reason := c->>'reason';
    v_act := 'release';
  elsif p_op = 'invalidate' or (p_op = 'put' and not (
    -- Whoever was let in, or invalidated, unknown to the caller may know something newer.
    c->'known'->>'epoch' in ('', r.epoch) and (c->'known'->>'fence')::bigint = r.fence
    and (c->'known'->>'generation')::bigint = r.generation
  )) then
    v_outcome := 'superseded';
    r.generation := r.generation + 1;
    r.lease_until := null;
    v_act := 'invalidate';
    if (c->>'purge')::boolean then
      r.has := false;
      r.hash := '';
      r.token := '';
      r.body := null;
      v_payload := 'drop';
      v_act := 'purge';
    end if;
  elsif p_op = 'publish' and (
    c->>'epoch' <> r.epoch or (c->>'generation')::bigint <> r.generation
    or (c->>'fence')::bigint <> r.fence or c->>'holder' <> r.holder
  ) then
    v_outcome := 'superseded';
    if v_is_mine then
      r.lease_until := null;
      v_is_changed := true;
    end if;
  elsif p_op = 'publish' and p_payload is null
    and not (r.has and (c->>'version')::bigint = r.version)
  then
    v_outcome := 'missing';
  elsif p_op in ('publish', 'put') then
    v_is_same := r.has and (p_payload is null or c->>'hash' = r.hash);
    if p_op = 'put' then
      r.fence := r.fence + 1;
      r.holder := '';
      r.entry_at := v_now;
    else
      r.entry_generation := r.generation;
      r.entry_at := r.granted_at;
    end if;
    -- A rest is no load's, and goes on.
    if p_op = 'put' or v_is_mine then
      r.lease_until := null;
    end if;
    r.entry_fence := r.fence;
    r.entry_ttl := round((c->>'ttl')::float8);
    r.token := c->>'token';
    if v_is_same then
      v_outcome := 'unchanged';
      v_act := 'renew';
    else
      r.version := r.version + 1;
      r.hash := c->>'hash';
      r.has := true;
      -- The caller has what it has sent.
      r.body := null;
      v_payload := 'set';
      v_outcome := 'published';
      v_act := 'publish';
    end if;
  end if;

  if v_act is not null then
    v_is_changed := true;
    r.seq := r.seq + 1;
  end if;
  if v_act is not null and c->>'channel' is not null then
    v_message := jsonb_build_object(
      'v', 1, 'epoch', r.epoch, 'seq', r.seq, 'src', c->>'source', 'act', v_act,
      'version', case when r.has then r.version else 0 end,
      'generation',
      case when v_act in ('publish', 'renew') then r.entry_generation else r.generation end,
      'fence', r.fence, 'hash', r.hash,
      'ttlLeft', case when r.has and r.entry_ttl is not null then greatest(0, r.entry_ttl - greatest(0, round(${ms('v_now - r.entry_at')}))) end
    );
    if v_act = 'publish' and char_length(p_payload) <= ${MOST_IN_MESSAGE}
      and octet_length((v_message || jsonb_build_object('value', p_payload))::text) < ${MOST_TOLD}
    then
      v_message := v_message || jsonb_build_object('value', p_payload);
    end if;
    perform pg_notify(c->>'channel', v_message::text);
  end if;
  if v_is_changed then
    update ${table} t set
      ${FIELDS.map((field) => `${field} = r.${field}`).join(', ')},
      payload = case v_payload when 'set' then p_payload when 'keep' then t.payload end
    where t.key = p_key;
  end if;

  v_is_leased := coalesce(r.lease_until > v_now, false);
  o_payload := r.body;
  o_answer := jsonb_build_object(
    'outcome', v_outcome,
    'epoch', r.epoch, 'seq', r.seq, 'generation', r.generation, 'fence', r.fence,
    'leaseLeft', case when v_is_leased then ${ms('r.lease_until - v_now')} else 0 end,
    'resting', case when v_is_leased and r.rests then r.reason else '' end,
    'entry', case when r.has then jsonb_build_object(
      'version', r.version, 'generation', r.entry_generation, 'fence', r.entry_fence,
      'hash', r.hash, 'age', greatest(0, ${ms('v_now - r.entry_at')}), 'token', r.token
    ) end
  )::text;
end`)};
`;

/** Characters of a payload that a message carries. */
const MOST_IN_MESSAGE = 4096;

/** Bytes from which NOTIFY refuses a message. */
const MOST_TOLD = 8000;

/** The payload comes along only where the caller hasn't got it: it may be large. */
function selection(row: string): string {
  const fields = FIELDS.map((field) => `${row}.${field}`).join(', ');
  const isKnown = `${row}.epoch = c->'known'->>'epoch' and ${row}.version = (c->'known'->>'version')::bigint`;
  return `${fields}, ${row}.payload is not null as has,
        case when not (${isKnown}) then ${row}.payload end as body`;
}

function ms(interval: string): string {
  return `(extract(epoch from ${interval}) * 1000)::float8`;
}
