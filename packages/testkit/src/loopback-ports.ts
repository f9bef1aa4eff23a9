/**
 * Ports for servers that must know them before they start (a cluster's routes) and keep them over a restart. On a loopback
 * address drawn for them alone and below the ephemeral ports, so that no port 0 and no outgoing connection is given one.
 */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface LoopbackPorts {
  readonly host: string;
  readonly ports: readonly number[];
}

const firstPort = 20_000;
const endOfPorts = 32_000;
const attempts = 100;

async function canBind(host: string, port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen(port, host);
    await once(server, 'listening');
    return true;
  } catch {
    return false;
  } finally {
    await new Promise<void>((resolve) => void server.close(() => resolve()));
  }
}

/** Finds `count` ports that can be bound now, on one address of 127.0.0.0/8 or on `wanted`. */
export async function findLoopbackPorts(count: number, wanted?: string): Promise<LoopbackPorts> {
  const host = wanted ?? `127.${randomInt(100, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}`;
  const ports = new Set<number>();
  for (let attempt = 0; attempt < attempts && ports.size < count; attempt++) {
    const port = randomInt(firstPort, endOfPorts);
    if (await canBind(host, port)) ports.add(port);
  }
  if (ports.size < count) throw new Error(`no ${count} free ports on ${host}`);
  return { host, ports: [...ports] };
}
