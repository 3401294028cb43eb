import './one-key.ts';
import '../../5-load-outcomes.test.ts';
