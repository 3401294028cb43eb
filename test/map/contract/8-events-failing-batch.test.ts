import './in-batches.ts';
import '../../8-events-failing.test.ts';
