import './one-key.ts';
import '../../8-listeners.test.ts';
