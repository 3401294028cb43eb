import './one-key.ts';
import '../../6-refresh.test.ts';
