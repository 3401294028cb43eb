import './one-key.ts';
import '../../8-events-failing.test.ts';
