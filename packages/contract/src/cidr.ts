/**
 * Networks in CIDR notation. A network with host bits set (`10.1.2.3/8`) is refused, not masked: in an allow list the
 * difference between one host and sixteen million is not to be guessed. A bare address is refused for the same reason.
 */
import { formatIpAddress, isIpv4Mapped, parseIpAddress } from './ip-address.ts';
import { invalidText, type TextResult, validText } from './text-result.ts';

export interface Cidr {
  readonly family: 4 | 6;
  /** Network address, 4 or 16 numbers of 0..255. */
  readonly bytes: readonly number[];
  readonly prefixLength: number;
  /** Canonical spelling, e.g. `2001:db8::/32`. */
  readonly text: string;
}

function maskBytes(bytes: readonly number[], prefixLength: number): readonly number[] {
  return bytes.map((byte, index) => {
    const bits = Math.min(8, Math.max(0, prefixLength - index * 8));
    return byte & (0xff << (8 - bits)) & 0xff;
  });
}

/** The network a text names, in canonical form; invalid when it is no CIDR or has host bits set. */
export function parseCidr(text: string): TextResult<Cidr> {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === null)
    return invalidText('is not a network in CIDR notation', 'write it as 10.0.0.0/8 or 2001:db8::/32');
  const bits = address.bytes.length * 8;
  const host = formatIpAddress(address);
  if (isIpv4Mapped(address))
    return invalidText('is an IPv4 network written as IPv6', 'write it as IPv4, e.g. 10.0.0.0/8');
  if (slash === -1) return invalidText('has no prefix length', `write ${host}/${bits} for this one address`);
  const lengthText = text.slice(slash + 1);
  const prefixLength = /^(0|[1-9][0-9]{0,2})$/.test(lengthText) ? Number(lengthText) : bits + 1;
  if (prefixLength > bits)
    return invalidText('has no valid prefix length', `write a number from 0 to ${bits} after the slash`);
  const bytes = maskBytes(address.bytes, prefixLength);
  const network = `${formatIpAddress({ family: address.family, bytes })}/${prefixLength}`;
  if (bytes.some((byte, index) => byte !== address.bytes[index])) {
    return invalidText(
      'has bits set beyond its prefix',
      `write ${network} for the network or ${host}/${bits} for the one address`,
    );
  }
  return validText({ family: address.family, bytes, prefixLength, text: network });
}
