import './one-key.ts';
import '../../5-load-deadline.test.ts';
