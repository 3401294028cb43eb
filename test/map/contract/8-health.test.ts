import './one-key.ts';
import '../../8-health.test.ts';
