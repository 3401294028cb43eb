import './one-key.ts';
import '../../3-clock.test.ts';
