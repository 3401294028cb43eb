import type { defineConfig, Options } from 'tsup';

const shared: Options = {
  entry: {
    index: 'src/index.ts',
    fleet: 'src/fleet.ts',
    health: 'src/health-endpoint.ts',
    leaderboard: 'src/leaderboard.ts',
    logging: 'src/logging.ts',
    opentelemetry: 'src/adapters/opentelemetry.ts',
    policies: 'src/policies.ts',
    postgres: 'src/adapters/postgres.ts',
    prometheus: 'src/adapters/prometheus.ts',
    redis: 'src/adapters/redis.ts',
    supabase: 'src/adapters/supabase.ts',
  },
  target: 'es2023',
  platform: 'node',
  sourcemap: true,
  splitting: true,
  // Types that nobody should have to install stand within ours.
  dts: { resolve: ['@standard-schema/spec'] },
  removeNodeProtocol: false,
};

const config: Options[] = [
  // devalue is a part of how a fleet's values look on their way, and nothing to install.
  { ...shared, format: 'esm', noExternal: ['devalue'] },
  // p-retry is ESM-only: CommonJS builds carry it (and what it imports) within.
  { ...shared, format: 'cjs', noExternal: ['devalue', 'p-retry'] },
];

export default config as ReturnType<typeof defineConfig>;
