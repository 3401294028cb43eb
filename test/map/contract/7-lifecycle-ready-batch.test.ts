import './in-batches.ts';
import '../../7-lifecycle-ready.test.ts';
