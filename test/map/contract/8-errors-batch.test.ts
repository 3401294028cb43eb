import './in-batches.ts';
import '../../8-errors.test.ts';
