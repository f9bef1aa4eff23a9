/**
 * A port on which nobody listens. On a loopback address of its own, so that no other test running now can be given it.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import type { Address } from './address.ts';

/** Returns an address that answers every connect with RST. */
export async function findRefusingPort(): Promise<Address> {
  const host = `127.${randomInt(100, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
  const server = createServer();
  server.listen(0, host);
  await once(server, 'listening');
  const bound = server.address();
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  if (typeof bound !== 'object' || bound === null) throw new Error('no address');
  return { host, port: bound.port };
}
