import './one-key.ts';
import '../../9-skipping.test.ts';
