import './one-key.ts';
import '../../7-lifecycle-drain.test.ts';
