/**
 * `host:port` text (IPv6 in brackets) and its two halves.
 */
export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Takes `127.0.0.1:80` or `[::1]:80` apart; throws on anything else. */
export function parseAddress(text: string): Address {
  const match = /^(?:\[(?<six>[^\]]+)\]|(?<other>[^:]+)):(?<port>\d{1,5})$/u.exec(text);
  const host = match?.groups?.['six'] ?? match?.groups?.['other'];
  const port = match?.groups?.['port'];
  if (host === undefined || port === undefined) throw new Error(`not an address: ${text}`);
  return { host, port: Number(port) };
}

/** The inverse of `parseAddress`. */
export function formatAddress(address: Address): string {
  return address.host.includes(':') ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
}
