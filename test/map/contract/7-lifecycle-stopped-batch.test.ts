import './in-batches.ts';
import '../../7-lifecycle-stopped.test.ts';
