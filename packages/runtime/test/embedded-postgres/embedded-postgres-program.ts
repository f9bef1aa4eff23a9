/** Starts a server on the directory named by the argument, prints its process id, and waits to be killed. */
import { startEmbeddedPostgres } from '../../src/embedded-postgres/embedded-postgres.ts';

const server = await startEmbeddedPostgres({ dataDirectory: process.argv[2] ?? '', settings: { fsync: 'off' } });
process.stdout.write(`${server.pid}\n`);
await server.exited;
