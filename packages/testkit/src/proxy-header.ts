/**
 * PROXY protocol headers as a load balancer in front would send them (haproxy.org/download/2.9/doc/proxy-protocol.txt).
 */
import { isIPv6 } from 'node:net';
import type { Address } from './address.ts';

const signature = Buffer.from('0d0a0d0a000d0a515549540a', 'hex');

/** Version 1, the text form. */
export function buildProxyHeaderV1(source: Address, destination: Address): Buffer {
  const family = isIPv6(source.host) ? 'TCP6' : 'TCP4';
  return Buffer.from(`PROXY ${family} ${source.host} ${destination.host} ${source.port} ${destination.port}\r\n`);
}

/** Version 2, command PROXY, IPv4 only, followed by `extra` (TLVs as they are). */
export function buildProxyHeaderV2(source: Address, destination: Address, extra: Buffer = Buffer.alloc(0)): Buffer {
  const octets = [source, destination].flatMap((address) => address.host.split('.').map(Number));
  const body = Buffer.alloc(12);
  Buffer.from(octets).copy(body);
  body.writeUInt16BE(source.port, 8);
  body.writeUInt16BE(destination.port, 10);
  const head = Buffer.alloc(4);
  head.writeUInt8(0x21, 0);
  head.writeUInt8(0x11, 1);
  head.writeUInt16BE(body.length + extra.length, 2);
  return Buffer.concat([signature, head, body, extra]);
}

/** Version 2, command LOCAL: a health check of the balancer itself. */
export function buildProxyHeaderV2Local(): Buffer {
  return Buffer.concat([signature, Buffer.from([0x20, 0x00, 0x00, 0x00])]);
}
