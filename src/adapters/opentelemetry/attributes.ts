import type { Attributes } from '@opentelemetry/api';
import type { Labels } from '../observed/observed.ts';

/** What a span, or a point of a metric, is told apart by. */
export function attributesOf(name: string, { key, kind, status }: Labels = {}): Attributes {
  return {
    'warm_cache.name': name,
    ...(key !== undefined && { 'warm_cache.key': key }),
    ...(kind && { 'warm_cache.read.kind': kind }),
    ...(status && { 'warm_cache.status': status }),
  };
}

/** The same of a load that has ended. */
export function endAttributesOf(end: {
  readonly outcome: string;
  readonly error: { readonly code: string } | undefined;
}): Attributes {
  return {
    'warm_cache.load.outcome': end.outcome,
    ...(end.error && { 'error.type': end.error.code }),
  };
}
