import { inBatches } from './one-key.ts';

inBatches();
