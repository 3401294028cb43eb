import './in-batches.ts';
import '../../6-invalidation.test.ts';
