import './one-key.ts';
import '../../3-reads.test.ts';
