import './in-batches.ts';
import '../../5-load-backoff.test.ts';
