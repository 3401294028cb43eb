-- Fills the ladder with exactly `seed.rows` ratings, the same ones for the same `seed.seed`.

-- A number from 0 to 1 that hangs on the seed, `i` and `salt` alone.
create function pg_temp.chance(i bigint, salt integer) returns float8
language sql stable
return (hashint8extended(i, current_setting('seed.seed')::bigint * 100 + salt) & 2147483647) / 2147483648.0;

-- Two players in a row came in the same millisecond: their ids differ in the last bit alone.
create function pg_temp.snowflake(i bigint) returns bigint
language sql immutable
return ((31536000000 + i / 2 * 7919) << 22) | (i & 1);

create function pg_temp.pick(choices text[], chance float8) returns text
language sql immutable
return choices[1 + floor(chance * cardinality(choices))::integer];

insert into races values
  ('protoss', 'Protoss'), ('random', 'Random'), ('terran', 'Terran'), ('zerg', 'Zerg');

insert into countries values
  ('KR', 'South Korea'), ('PL', 'Poland'), ('DE', 'Germany'), ('US', 'United States'),
  ('CN', 'China'), ('FR', 'France'), ('SE', 'Sweden'), ('CA', 'Canada'), ('RU', 'Russia'),
  ('UA', 'Ukraine'), ('GB', 'United Kingdom'), ('ES', 'Spain'), ('IT', 'Italy'), ('FI', 'Finland'),
  ('NO', 'Norway'), ('DK', 'Denmark'), ('NL', 'Netherlands'), ('CZ', 'Czechia'), ('HU', 'Hungary'),
  ('PE', 'Peru'), ('BR', 'Brazil'), ('MX', 'Mexico'), ('AU', 'Australia'), ('TW', 'Taiwan'),
  ('VN', 'Vietnam'), ('TR', 'Türkiye'), ('EG', 'Egypt'), ('JP', 'Japan'), ('CI', 'Côte d’Ivoire'),
  ('IS', 'Iceland');

-- Who plays what: a race of their own, and each other one now and then.
create temporary table entries as
select i, race
from generate_series(1, current_setting('seed.rows')::bigint) as i
cross join (select code as race, row_number() over (order by code) as number from races) as races
where number = 1 + floor(pg_temp.chance(i, 1) * 4) or pg_temp.chance(i * 4 + number, 2) < 0.3
order by i, number
limit current_setting('seed.rows')::bigint;

insert into players (id, name, country)
select
  pg_temp.snowflake(i),
  pg_temp.pick('{"","","",[TL],[ÆØ],"夜·",★}', pg_temp.chance(i, 3))
    || pg_temp.pick(
      '{Łukasz,Zoë,이영호,임요환,李培楠,Čeněk,Søren,Дмитрий,Олена,Ægir,Nguyễn,Νίκος,สมชาย,محمد,José,Gülşen,Jörg,'
        'O''Brien,"Ji, Min",50%,a_b,Ace,Bolt,Comet,Drake,Echo,Flint,Ghost,Hawk,Ion,Jinx,Kilo,Lynx,Mirage,Nova,'
        'Onyx,Pixel,Quill,Rook,Storm,Tango,Umbra,Viper,Wisp,Xeno,Yeti,Zephyr,🔥Phoenix,👩‍🚀Star}',
      pg_temp.chance(i, 4)
    )
    || case when pg_temp.chance(i, 5) < 0.7 then floor(pg_temp.chance(i, 6) * 1000)::text else '' end,
  -- The countries at the beginning of the list have the most players; some players don't tell theirs.
  case when pg_temp.chance(i, 7) > 0.03 then
    pg_temp.pick((select array_agg(code order by ctid) from countries), pg_temp.chance(i, 8) ^ 2)
  end
from (select distinct i from entries) as entries
order by i;

-- Around 1500 in a bell, some twenty to each rating; and changed long ago, which the trigger would not have.
alter table ratings disable trigger stamp;
insert into ratings (player, race, rating, wins, losses, updated_at)
select
  pg_temp.snowflake(i),
  race,
  750 + round(500 * (pg_temp.chance(n, 9) + pg_temp.chance(n, 10) + pg_temp.chance(n, 11))),
  floor(pg_temp.chance(n, 12) ^ 3 * 300),
  floor(pg_temp.chance(n, 13) ^ 3 * 300),
  timestamptz '2025-09-01 00:00:00Z' - pg_temp.chance(n, 14) * interval '90 days'
from (select i, race, row_number() over (order by i, race) as n from entries) as entries
order by n;
alter table ratings enable trigger stamp;

drop table entries;
analyze;
