// For `node --import`: what is imported of the library comes from its source, as in all tests, built or not.
import { registerHooks } from 'node:module';

const SOURCES: Readonly<Record<string, string>> = {
  'warm-cache': 'index.ts',
  'warm-cache/fleet': 'fleet.ts',
  'warm-cache/health': 'health-endpoint.ts',
  'warm-cache/leaderboard': 'leaderboard.ts',
  'warm-cache/logging': 'logging.ts',
  'warm-cache/opentelemetry': 'adapters/opentelemetry.ts',
  'warm-cache/policies': 'policies.ts',
  'warm-cache/postgres': 'adapters/postgres.ts',
  'warm-cache/prometheus': 'adapters/prometheus.ts',
  'warm-cache/redis': 'adapters/redis.ts',
  'warm-cache/supabase': 'adapters/supabase.ts',
};

registerHooks({
  resolve: (specifier, context, next) => {
    const source = SOURCES[specifier];
    if (source === undefined) return next(specifier, context);
    return { url: new URL(`../../../src/${source}`, import.meta.url).href, shortCircuit: true };
  },
});
