import './one-key.ts';
import '../../8-health-reads.test.ts';
