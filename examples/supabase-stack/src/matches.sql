-- Games between the players of the ladder, and how visitors report them.

create table games (
  id bigint generated always as identity primary key,
  winner bigint not null references ratings,
  loser bigint not null references ratings check (loser <> winner),
  -- What the winner gained, and the loser lost.
  points integer not null,
  played_at timestamptz not null default now()
);

-- Records a game between two ratings, moves both by Elo's rule, and answers with both rows of the leaderboard.
create function report_match(winner bigint, loser bigint) returns setof player_races
language plpgsql security definer set search_path = public, pg_temp
as $$
declare
  points integer;
begin
  -- Always in one order, so that two games of the same players can't wait for each other.
  perform from ratings where id in (winner, loser) order by id for update;

  select greatest(1, round(32 / (1 + 10 ^ ((w.rating - l.rating) / 400.0))))
  into points
  from ratings w, ratings l
  where w.id = report_match.winner and l.id = report_match.loser;

  if points is null then
    raise exception 'no ratings % and %', winner, loser using errcode = 'no_data_found';
  end if;

  insert into games (winner, loser, points) values (winner, loser, points);

  update ratings set
    rating = rating + case id when report_match.winner then points else -points end,
    wins = wins + (id = report_match.winner)::integer,
    losses = losses + (id = report_match.loser)::integer
  where id in (winner, loser);

  return query select * from player_races where id in (winner, loser);
end
$$;

alter table games enable row level security;
create policy "All may read" on games for select to anon, authenticated using (true);
revoke all on games from anon, authenticated;
grant select on games to anon, authenticated;

revoke execute on function report_match from public;
