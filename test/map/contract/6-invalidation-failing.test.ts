import './one-key.ts';
import '../../6-invalidation-failing.test.ts';
