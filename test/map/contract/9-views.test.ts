import './one-key.ts';
import '../../9-views.test.ts';
