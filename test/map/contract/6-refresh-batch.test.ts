import './in-batches.ts';
import '../../6-refresh.test.ts';
