/**
 * The client's messages of SOCKS5 (RFC 1928, RFC 1929), written out.
 */
import { isIPv4 } from 'node:net';

/** The greeting with the methods offered: 0 none, 2 user and password. */
export function buildSocks5Greeting(methods: readonly number[]): Buffer {
  return Buffer.from([5, methods.length, ...methods]);
}

/** The user and password message of RFC 1929. */
export function buildSocks5Login(user: string, password: string): Buffer {
  const name = Buffer.from(user);
  const secret = Buffer.from(password);
  return Buffer.concat([Buffer.from([1, name.length]), name, Buffer.from([secret.length]), secret]);
}

/** A CONNECT request; a host that is no IPv4 literal goes as a domain name. */
export function buildSocks5Connect(host: string, port: number, command = 1): Buffer {
  const address = isIPv4(host)
    ? Buffer.from([1, ...host.split('.').map(Number)])
    : Buffer.concat([Buffer.from([3, Buffer.byteLength(host)]), Buffer.from(host)]);
  const end = Buffer.alloc(2);
  end.writeUInt16BE(port);
  return Buffer.concat([Buffer.from([5, command, 0]), address, end]);
}
