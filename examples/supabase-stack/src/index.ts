export { PLAYER_RACES } from './ladder.ts';
export { ServerProcess } from './server-process.ts';
export { type StackOptions, type SupabaseStack, startStack } from './stack.ts';
