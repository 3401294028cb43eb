import { describe, expect, it, vi } from 'vitest';
import { consoleLog, reasonOf } from '../src/log.ts';

describe('the log', () => {
  it.each([
    [new Error('a'), 'a'],
    [new Error('a', { cause: new Error('b', { cause: new Error('c') }) }), 'a (b (c))'],
    [new Error('load failed: b', { cause: new Error('b') }), 'load failed: b'],
    [new Error('a', { cause: { code: 'x' } }), 'a'],
    ['text', 'text'],
    [undefined, 'undefined'],
  ])('says of the reason %s: %s', (error, text) => {
    expect(reasonOf(error)).toBe(text);
  });

  it('has an error with its stack, and nothing else that it carries', () => {
    const lines = vi.spyOn(console, 'error').mockReturnValue();
    const error = Object.assign(new Error('refused'), { url: 'https://x/a-secret/callback' });
    consoleLog.error('interaction 1:', error);
    expect(lines).toHaveBeenCalledExactlyOnceWith(
      expect.stringMatching(/^\d{4}-.*Z error interaction 1:$/),
      error.stack,
    );
  });
});
