import './one-key.ts';
import '../../4-loop-held.test.ts';
