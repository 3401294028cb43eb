-- Fills the ladder with exactly :rows player-races, the same for the same :seed. Both are put in by seed().

insert into races values ('protoss'), ('terran'), ('zerg');

insert into countries values
  ('BR', 'Brazil'), ('CN', 'China'), ('DE', 'Germany'), ('FR', 'France'), ('KR', 'South Korea'),
  ('PL', 'Poland'), ('RU', 'Russia'), ('SE', 'Sweden'), ('UA', 'Ukraine'), ('US', 'United States');

-- Two races a player.
insert into players (id, name, country)
select
  175928847299117063 + n::bigint * 4194304 + abs(hashint8extended(n, :seed)) % 4096,
  (array['Ace', 'Bjørn', 'Cień', 'Данило', 'Étoile', 'Fuchs', '진호', 'Zażółć', '星空', 'Ünal'])
    [1 + abs(hashint8extended(n, :seed + 1)) % 10] || n,
  (array['BR', 'CN', 'DE', 'FR', 'KR', 'PL', 'RU', 'SE', 'UA', 'US'])
    [1 + abs(hashint8extended(n, :seed + 2)) % 10]
from generate_series(1, (:rows + 1) / 2) as n;

insert into ratings (id, player_id, race, rating, wins, losses, updated_at)
select
  n,
  player.id,
  (array['protoss', 'terran', 'zerg'])[1 + (player.place + n) % 3],
  800 + (abs(hashint8extended(n, :seed + 3)) % 700 + abs(hashint8extended(n, :seed + 4)) % 700)::integer,
  (abs(hashint8extended(n, :seed + 5)) % 200)::integer,
  (abs(hashint8extended(n, :seed + 6)) % 200)::integer,
  '2026-01-01'::timestamptz + n * interval '1 second'
from generate_series(1, :rows) as n
join (select id, row_number() over (order by id) as place from players) as player
  on player.place = (n + 1) / 2;

select setval(pg_get_serial_sequence('ratings', 'id'), :rows);
analyze;
