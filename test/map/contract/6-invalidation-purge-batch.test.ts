import './in-batches.ts';
import '../../6-invalidation-purge.test.ts';
