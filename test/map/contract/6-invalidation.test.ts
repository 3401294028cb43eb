import './one-key.ts';
import '../../6-invalidation.test.ts';
