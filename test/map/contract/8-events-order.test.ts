import './one-key.ts';
import '../../8-events-order.test.ts';
