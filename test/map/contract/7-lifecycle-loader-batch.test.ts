import './in-batches.ts';
import '../../7-lifecycle-loader.test.ts';
