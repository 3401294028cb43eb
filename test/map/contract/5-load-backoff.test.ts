import './one-key.ts';
import '../../5-load-backoff.test.ts';
