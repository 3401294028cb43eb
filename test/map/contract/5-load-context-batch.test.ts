import './in-batches.ts';
import '../../5-load-context.test.ts';
