import './in-batches.ts';
import '../../6-invalidation-failing.test.ts';
