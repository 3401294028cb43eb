import './in-batches.ts';
import '../../7-lifecycle.test.ts';
