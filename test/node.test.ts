import { expect, it } from 'vitest';

// `npm run test:matrix` says which Node the tests are to run on: were it another, they would prove nothing.
it('runs on the Node that was asked for', () => {
  const { EXPECTED_NODE = process.version } = process.env;
  expect(process.version).toBe(EXPECTED_NODE);
});
