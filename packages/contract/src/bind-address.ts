/**
 * The address a listener binds: an IP literal and a port, 0 for any free one. Names are refused: what a name resolves to
 * can change between two starts, and a listener must not move by itself.
 */
import { parseHostPort } from './host-port.ts';
import { formatIpAddress, isIpv4Mapped, parseIpAddress } from './ip-address.ts';
import { invalidText, type TextResult, validText } from './text-result.ts';

export interface SocketBinding {
  readonly host: string;
  readonly port: number;
  readonly family: 4 | 6;
  /** One spelling for one socket address: `[::1]:443`, whatever was written. */
  readonly canonical: string;
}

function remedyForHost(host: string, port: number): string {
  if (host === '' || host === '*')
    return `write 0.0.0.0:${port} for every IPv4 address, [::]:${port} for every IPv6 address`;
  if (host.toLowerCase() === 'localhost') return `write 127.0.0.1:${port} or [::1]:${port}`;
  if (host.includes('%')) return 'scoped addresses are not supported: write the address without its zone';
  return 'write the address itself: a listener binds IP addresses, not names';
}

/** A socket address to bind; invalid when the host is no IP literal of the right spelling or the port is out of range. */
export function parseBindAddress(text: string): TextResult<SocketBinding> {
  const split = parseHostPort(text);
  if (split.kind === 'invalid') return split;
  const { host, isBracketed, port } = split.value;
  const address = parseIpAddress(host);
  if (address === null) return invalidText('does not begin with an IP address', remedyForHost(host, port));
  if (isBracketed !== (address.family === 6))
    return invalidText('has brackets around an IPv4 address', `write ${host}:${port}`);
  const plain = formatIpAddress(address);
  if (isIpv4Mapped(address)) {
    return invalidText('is an IPv4 address written as IPv6', `write ${address.bytes.slice(12).join('.')}:${port}`);
  }
  return validText({
    host,
    port,
    family: address.family,
    canonical: isBracketed ? `[${plain}]:${port}` : `${plain}:${port}`,
  });
}
