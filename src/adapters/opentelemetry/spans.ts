import {
  type Attributes,
  isSpanContextValid,
  type Link,
  type Span,
  SpanStatusCode,
  type Tracer,
  trace,
} from '@opentelemetry/api';
import type { LoadReason } from '../../options.ts';
import type { Observed } from '../observed/observed.ts';
import type { Heard } from '../observed/source.ts';
import { attributesOf, endAttributesOf } from './attributes.ts';

/** A payload as it is of a map; a cache has no `key`. */
type Keyed = { readonly key?: unknown };

/** Makes a span of each load, until what it returns is called. */
export function traceLoads<K>(observed: Observed<K>, tracer: Tracer): () => void {
  /** Those of loads under way, by their key. */
  const spans = new Map<unknown, Span>();
  const silence = observed.listen({
    load: (payload, label) => {
      const { key, reason } = payload as Heard['load'] & Keyed;
      const span = tracer.startSpan('warm_cache.load', {
        // A load outlives whoever asked for it, and is shared by many.
        root: true,
        links: linksOf(reason),
        attributes: {
          ...attributesOf(observed.name, label),
          'warm_cache.load.reason': reason,
        },
      });
      spans.set(key, span);
    },
    error: (payload) => {
      const { key, reason, attempt, final, error } = payload as Heard['error'] & Keyed;
      // Of no load; or it is told by the load's end.
      if (!reason || final) return;
      const span = spans.get(key);
      if (attempt > 0) {
        span?.addEvent('warm_cache.attempt.failed', {
          'warm_cache.attempt': attempt,
          ...exceptionOf(error),
        });
      } else span?.addEvent('warm_cache.option.failed', exceptionOf(error));
    },
    loadEnd: (payload) => {
      const { key, error, ...end } = payload as Heard['loadEnd'] & Keyed;
      const span = spans.get(key);
      spans.delete(key);
      if (!span) return;
      span.setAttributes(endAttributesOf({ ...end, error }));
      if (error) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: error.message });
        span.addEvent('exception', exceptionOf(error.cause ?? error));
      }
      span.end();
    },
  });
  return () => {
    silence();
    for (const span of spans.values()) span.end();
    spans.clear();
  };
}

/** To the span of whoever asked for the load: the loop asks by itself. */
function linksOf(reason: LoadReason): Link[] {
  if (reason === 'interval' || reason === 'retry') return [];
  const context = trace.getActiveSpan()?.spanContext();
  return context && isSpanContextValid(context) ? [{ context }] : [];
}

/** Whatever was thrown, by the semantic conventions; never throws itself, however hostile that is. */
function exceptionOf(thrown: unknown): Attributes {
  try {
    if (!(thrown instanceof Error)) return { 'exception.message': String(thrown) };
    const { name, message, stack } = thrown;
    return {
      'exception.type': String(name),
      'exception.message': String(message),
      ...(typeof stack === 'string' && { 'exception.stacktrace': stack }),
    };
  } catch {
    return { 'exception.message': 'unprintable' };
  }
}
