import './one-key.ts';
import '../../7-lifecycle-ready.test.ts';
