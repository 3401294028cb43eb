import './one-key.ts';
import '../../9-store.test.ts';
