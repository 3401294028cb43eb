import './in-batches.ts';
import '../../6-invalidation-backoff.test.ts';
