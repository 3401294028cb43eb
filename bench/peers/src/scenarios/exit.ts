import type { Scenario } from '../scenario.ts';
import { Source } from '../source.ts';

/** The process that runs it is watched: whether it ends by itself. */
export const exit: Scenario = {
  title: 'Exits',
  meaning:
    'A process has read the cache twice and has nothing more to do: whether it ends by itself within 3 s, or only once the cache is closed in the way that its documentation has.',
  fake: false,
  figures: { stays: { label: 'the process stays', vital: true } },
  async run({ create, time }) {
    const source = new Source(10);
    const peer = create(source.load);
    await peer.read();
    await time.advance(50);
    await peer.read();
    if (process.argv.includes('--close')) await peer.close?.();
    return {};
  },
  cell: ({ stays }) => (stays === 0 ? 'yes' : stays === 1 ? 'once closed' : 'no'),
};
