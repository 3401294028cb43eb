import './one-key.ts';
import '../../8-load-end.test.ts';
