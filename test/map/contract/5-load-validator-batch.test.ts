import './in-batches.ts';
import '../../5-load-validator.test.ts';
