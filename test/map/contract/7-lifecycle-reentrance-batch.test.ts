import './in-batches.ts';
import '../../7-lifecycle-reentrance.test.ts';
