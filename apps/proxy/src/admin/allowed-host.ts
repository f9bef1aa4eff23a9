/**
 * Defence against DNS rebinding: a web page whose name was pointed at 127.0.0.1 must not read the admin listener of the
 * machine its visitor sits at. Pure. Such a page can only send its own name in the Host header; people, probes and
 * scrapers of a loopback address send an address or `localhost`.
 */
import { isIP } from 'node:net';

function hostName(header: string): string {
  const bracketed = /^\[(?<address>[^\]]*)\](?::\d*)?$/u.exec(header)?.groups?.['address'];
  return bracketed ?? header.replace(/:\d*$/u, '').toLowerCase();
}

/** Whether an address is only reachable from this machine. */
function isLoopback(host: string): boolean {
  return host === '::1' || host === 'localhost' || (isIP(host) === 4 && host.startsWith('127.'));
}

/**
 * Whether a request with this Host header is answered. On an address others reach (a pod's), any name is: its name there
 * is the cluster's choice, and the network policy decides who comes.
 */
export function isAllowedHost(header: string | undefined, boundHost: string): boolean {
  if (header === undefined || !isLoopback(boundHost)) return true;
  const name = hostName(header);
  return isIP(name) !== 0 || name === 'localhost' || name.endsWith('.localhost');
}
