import './one-key.ts';
import '../../7-lifecycle-loader.test.ts';
