import './one-key.ts';
import '../../6-invalidation-backoff.test.ts';
