import './in-batches.ts';
import { except } from './one-key.ts';
import '../../4-loop.test.ts';

except(
  // A map has one timer for all of its keys.
  'has one timer for the next load, and one at most for the freshness of its value',
  'arms two timers a load, its deadline and the next one: that of the value is armed already',
  'user functions that call the cache back',
  // A key of many remembers fewer.
  'goes by the slowest of the last 100 loads, and forgets those before',
);
