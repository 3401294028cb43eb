import './in-batches.ts';
import '../../7-lifecycle-drain.test.ts';
