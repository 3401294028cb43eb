import type { IncomingMessage, ServerResponse } from 'node:http';
import { describe, expectTypeOf, it } from 'vitest';
import { type HealthReport, type MapHealthReport, WarmCache, WarmCacheMap } from 'warm-cache';
import { alertOn, healthHandler, healthResponse } from 'warm-cache/health';

const board = new WarmCache<readonly number[]>({ loader: () => [], ttl: 1000 });
const boards = new WarmCacheMap({ loader: (country: 'KR' | 'PL') => [country], ttl: 1000 });

describe('the types of warm-cache/health', () => {
  it('take caches and maps of anything, one or several', () => {
    expectTypeOf(healthResponse(board)).toEqualTypeOf<Response>();
    expectTypeOf(healthResponse([board, boards] as const)).toEqualTypeOf<Response>();
    expectTypeOf(healthHandler([boards])).toExtend<
      (request: IncomingMessage, response: ServerResponse) => void
    >();
  });

  it('give a hook the report of what it is about', () => {
    alertOn(board, {
      onAlert: ({ health }) => {
        expectTypeOf(health).toEqualTypeOf<HealthReport>();
      },
    });
    alertOn(boards, {
      onAlert: ({ health }) => {
        expectTypeOf(health).toEqualTypeOf<MapHealthReport>();
      },
      onRecovery: ({ health }) => {
        expectTypeOf(health).toEqualTypeOf<MapHealthReport>();
      },
    });
  });

  it('refuse what isn’t there', () => {
    // @ts-expect-error There is no such probe.
    const live: Parameters<typeof healthResponse>[1] = { probe: 'live' };
    // @ts-expect-error What is to be called?
    const none: Parameters<typeof alertOn>[1] = {};
    expectTypeOf([live, none]).toBeArray();
  });
});
