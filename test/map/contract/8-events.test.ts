import './one-key.ts';
import '../../8-events.test.ts';
