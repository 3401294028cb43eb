import './one-key.ts';
import '../../5-load-validator.test.ts';
