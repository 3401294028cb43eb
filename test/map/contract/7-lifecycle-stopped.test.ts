import './one-key.ts';
import '../../7-lifecycle-stopped.test.ts';
