import './in-batches.ts';
import '../../5-load-deadline.test.ts';
