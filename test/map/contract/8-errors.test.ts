import './one-key.ts';
import '../../8-errors.test.ts';
