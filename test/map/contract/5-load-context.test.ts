import './one-key.ts';
import '../../5-load-context.test.ts';
