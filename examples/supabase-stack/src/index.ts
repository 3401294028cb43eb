export { type StackOptions, type SupabaseStack, startStack } from './stack.ts';
