import type { Process, World } from './world.ts';

const wrongWith = ({ held, fresh, floor, purgeFloor }: Process): string => {
  if (!held) return '';
  if (fresh && held.data < floor)
    return 'I2: older data than at an invalidation it has heard of, as fresh';
  return held.data < purgeFloor ? 'I7: serves what was purged' : '';
};

/** A load more at once needs a lease that has fallen. */
const atOnce = ({ lapses, processes }: World): string => {
  const running = processes.filter(({ grant, answers }) => grant ?? answers.some((a) => a.granted));
  return running.length > 1 + lapses ? 'I5: two loads at once, and no lease has fallen' : '';
};

/** What is wrong in this state; `''`: nothing. */
export const wrongIn = (world: World): string => {
  if (world.broken) return world.broken;
  for (const each of world.processes) {
    const wrong = wrongWith(each);
    if (wrong) return wrong;
  }
  return atOnce(world);
};
