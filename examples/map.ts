// Many keys: those that are always hot, and those that are loaded when somebody reads them.
import { WarmCacheMap } from 'warm-cache';

const tenants = ['acme', 'initech'];
const flags = new WarmCacheMap({
  name: 'flags',
  loader: async (tenant: string) => ({ tenant, beta: tenant.startsWith('a') }),
  // Asked again each minute: who has come is pre-warmed, who has left cools down.
  keys: async () => tenants,
  ttl: 60_000,
});

await using _ = flags.start();
await flags.ready();
console.log(flags.size, 'keys are hot');

console.log(flags.peek('acme')?.value.beta, flags.peek('hooli') ?? 'not read yet');
console.log((await flags.get('hooli')).beta, flags.size);
console.log(flags.health('hooli')?.reads.waited, 'read of it had to wait');
