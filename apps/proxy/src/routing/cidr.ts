/**
 * Address blocks as `sources`, `allow` rules and trust lists name them. Bits beyond the prefix are ignored
 * (`10.1.2.3/8` is `10.0.0.0/8`), and a block of IPv4-mapped addresses is the IPv4 block it stands for, because addresses
 * are compared unmapped.
 */
import { formatIpAddress } from './format-ip-address.ts';
import { type IpAddress, ipv4Address, ipv6Address, isIpv4Mapped } from './ip-address.ts';
import { parseIpAddress } from './parse-ip-address.ts';

export interface Cidr {
  readonly network: IpAddress;
  readonly mask: IpAddress;
  readonly prefixLength: number;
}

/** CIDR text that reached compilation unreadable: the validation of the configuration let it through. */
class CidrSyntaxError extends Error {
  override readonly name = 'CidrSyntaxError';
  readonly code = 'CidrSyntax';
  readonly text: string;

  constructor(text: string) {
    super(
      `cannot read ${JSON.stringify(text)} as a CIDR: write an address and a prefix length, such as 10.0.0.0/8 or fd00::/8`,
    );
    this.text = text;
  }
}

const lengthPattern = /^(?:0|[1-9][0-9]{0,2})$/;

/** The block, or undefined when the text is none. An address without a length is the block of that one address. */
export function parseCidr(text: string): Cidr | undefined {
  const slash = text.indexOf('/');
  const address = parseIpAddress(slash === -1 ? text : text.slice(0, slash));
  if (address === undefined) return undefined;
  if (slash === -1) return hostCidr(address);
  const lengthText = text.slice(slash + 1);
  if (!lengthPattern.test(lengthText)) return undefined;
  const prefixLength = Number(lengthText);
  return prefixLength <= addressBits(address) ? cidrOf(address, prefixLength) : undefined;
}

/** The block for text that validation has accepted; throws CidrSyntaxError otherwise. */
export function requireCidr(text: string): Cidr {
  const cidr = parseCidr(text);
  if (cidr === undefined) throw new CidrSyntaxError(text);
  return cidr;
}

/** The block of exactly this address. */
export function hostCidr(address: IpAddress): Cidr {
  return cidrOf(address, addressBits(address));
}

/** Whether the block holds the address; a block never holds an address of the other family. */
export function cidrContains(cidr: Cidr, address: IpAddress): boolean {
  const { network, mask } = cidr;
  return (
    network.family === address.family &&
    (address.word0 & mask.word0) === network.word0 &&
    (address.word1 & mask.word1) === network.word1 &&
    (address.word2 & mask.word2) === network.word2 &&
    (address.word3 & mask.word3) === network.word3
  );
}

/** Whether every address of `inner` is one of `outer`. */
export function isCidrWithin(inner: Cidr, outer: Cidr): boolean {
  return inner.prefixLength >= outer.prefixLength && cidrContains(outer, inner.network);
}

/** The canonical text, `10.0.0.0/8`. */
export function formatCidr(cidr: Cidr): string {
  return `${formatIpAddress(cidr.network)}/${cidr.prefixLength}`;
}

function cidrOf(address: IpAddress, prefixLength: number): Cidr {
  if (isIpv4Mapped(address) && prefixLength >= 96) return cidrOf(ipv4Address(address.word3), prefixLength - 96);
  const mask =
    address.family === 4
      ? ipv4Address(maskWord(prefixLength))
      : ipv6Address(
          maskWord(prefixLength),
          maskWord(prefixLength - 32),
          maskWord(prefixLength - 64),
          maskWord(prefixLength - 96),
        );
  const network = {
    family: address.family,
    word0: address.word0 & mask.word0,
    word1: address.word1 & mask.word1,
    word2: address.word2 & mask.word2,
    word3: address.word3 & mask.word3,
  };
  return { network, mask, prefixLength };
}

function maskWord(bits: number): number {
  if (bits <= 0) return 0;
  // A shift by 32 is a shift by 0 in JavaScript.
  return bits >= 32 ? -1 : -1 << (32 - bits);
}

function addressBits(address: IpAddress): number {
  return address.family === 4 ? 32 : 128;
}
