import './one-key.ts';
import '../../6-invalidation-purge.test.ts';
