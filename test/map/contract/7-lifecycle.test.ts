import './one-key.ts';
import '../../7-lifecycle.test.ts';
