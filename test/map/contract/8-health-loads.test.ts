import { except } from './one-key.ts';
import '../../8-health-loads.test.ts';

except(
  // A key of many remembers fewer.
  'are the median, the 99th percentile and the longest',
  'are of the last 100 loads',
);
