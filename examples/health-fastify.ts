// Readiness, liveness and logs with Fastify, which takes a web Response as it is.
import Fastify from 'fastify';
import { WarmCache } from 'warm-cache';
import { healthResponse } from 'warm-cache/health';
import { logTo } from 'warm-cache/logging';

const app = Fastify({ logger: { level: 'warn' } });
const flags = new WarmCache({ name: 'flags', loader: () => ['dark-mode'], ttl: 60_000 });
logTo(app.log, flags);

app.get('/readyz', (_request, reply) => reply.send(healthResponse(flags, { maxAge: 300_000 })));
app.get('/livez', (_request, reply) => reply.send(healthResponse(flags, { probe: 'liveness' })));
app.addHook('onClose', () => flags.stop());

const url = await app.listen({ host: '127.0.0.1', port: 0 });
const status = async (path: string) => (await fetch(url + path)).status;
console.log('before the first value:', await status('/readyz'), await status('/livez'));
flags.start();
await flags.ready();
console.log('with it:', await status('/readyz'), await status('/livez'));
await app.close();
