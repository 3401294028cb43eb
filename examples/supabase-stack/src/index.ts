export { PLAYER_RACES } from './ladder.ts';
export { type StackOptions, type SupabaseStack, startStack } from './stack.ts';
