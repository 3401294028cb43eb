import './in-batches.ts';
import '../../3-reads.test.ts';
