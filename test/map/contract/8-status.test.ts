import './one-key.ts';
import '../../8-status.test.ts';
