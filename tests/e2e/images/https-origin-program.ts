/**
 * An HTTPS origin as a process of its own, which can be started in the network of a container: HOST PORT NAME. Ends with SIGTERM.
 */
import { startTlsOrigin } from '@sluice/testkit/tls-origin.ts';

const [host = '', port = '', name = ''] = process.argv.slice(2);
const closings: (() => void | Promise<void>)[] = [];
await startTlsOrigin(
  { after: (close) => closings.push(close) },
  { host, port: Number(port), name: 'web', serverNames: [name] },
);
process.once('SIGTERM', () => {
  for (const close of closings) void close();
});
process.stdout.write(`${JSON.stringify({ msg: 'ready' })}\n`);
