// For `node --import`: what the example imports of the library comes from its source, as in all tests, built or not.
import { registerHooks } from 'node:module';

const root = new URL('../../../../', import.meta.url);
const sources: Readonly<Record<string, string>> = {
  'warm-cache': 'src/index.ts',
  'warm-cache/leaderboard': 'src/leaderboard.ts',
  'warm-cache/redis': 'src/adapters/redis.ts',
  'warm-cache/supabase': 'src/adapters/supabase.ts',
};

registerHooks({
  resolve(specifier, context, nextResolve) {
    const source = sources[specifier];
    return nextResolve(source ? new URL(source, root).href : specifier, context);
  },
});
