import './in-batches.ts';
import '../../5-load-outcomes.test.ts';
