import './in-batches.ts';
import { except } from './one-key.ts';
import '../../7-lifecycle-restart.test.ts';

except(
  // It is started before it is read, then.
  'begins with a load of a reason from after it, also where a listener of start reads',
);
