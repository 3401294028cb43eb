import './in-batches.ts';
import '../../5-load.test.ts';
