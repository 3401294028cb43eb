import './one-key.ts';
import '../../7-lifecycle-reentrance.test.ts';
