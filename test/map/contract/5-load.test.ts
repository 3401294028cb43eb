import './one-key.ts';
import '../../5-load.test.ts';
