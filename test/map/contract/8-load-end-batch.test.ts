import './in-batches.ts';
import '../../8-load-end.test.ts';
