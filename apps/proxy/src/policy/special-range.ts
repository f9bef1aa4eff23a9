/**
 * The address ranges that are not public: nobody reaches them but by a rule that names them (design section 3, Users).
 * The list follows the IANA special-purpose registries (RFC 6890). Documentation nets are left public: nothing lives there
 * that could be protected. Translation prefixes (NAT64, 6to4, Teredo) are public in themselves, what they stand for is judged
 * too (embedded-addresses.ts).
 */
import { type Cidr, hostCidr, requireCidr } from '../routing/cidr.ts';
import { CidrTable } from '../routing/cidr-table.ts';
import { type IpAddress, isSameIpAddress } from '../routing/ip-address.ts';

export type SpecialRangeKind =
  | 'Loopback'
  | 'Unspecified'
  | 'LinkLocal'
  | 'Private'
  | 'Metadata'
  | 'Multicast'
  | 'Reserved'
  | 'OwnAddress';

export interface SpecialRange {
  readonly kind: SpecialRangeKind;
  /** A rule names the range with a CIDR inside this block: `0.0.0.0/0` means "all public addresses", not the loopback too. */
  readonly block: Cidr;
}

const blocksByKind: Readonly<Record<Exclude<SpecialRangeKind, 'Metadata' | 'OwnAddress'>, readonly string[]>> = {
  Loopback: ['127.0.0.0/8', '::1/128'],
  // Linux connects 0.0.0.0 and :: to the loopback.
  Unspecified: ['0.0.0.0/8', '::/128'],
  LinkLocal: ['169.254.0.0/16', 'fe80::/10'],
  // 100.64.0.0/10: carrier NAT and cluster networks (RFC 6598); fec0::/10: site-local (RFC 3879);
  // 64:ff9b:1::/48: NAT64 into private networks (RFC 8215), with the IPv4 address at a place only the operator knows.
  Private: [
    '10.0.0.0/8',
    '100.64.0.0/10',
    '172.16.0.0/12',
    '192.168.0.0/16',
    'fc00::/7',
    'fec0::/10',
    '64:ff9b:1::/48',
  ],
  Multicast: ['224.0.0.0/4', 'ff00::/8'],
  Reserved: [
    // Protocol assignments, the withdrawn 6to4 relay (RFC 7526), benchmarks, class E with the broadcast address.
    ...['192.0.0.0/24', '192.88.99.0/24', '198.18.0.0/15', '240.0.0.0/4'],
    // All that is not global unicast (RFC 4291 section 2.4), the IPv4-compatible ::/96 among it.
    ...['::/8', '100::/8', '200::/7', '400::/6', '800::/5', '1000::/4', '4000::/2', '8000::/2', 'c000::/3', 'e000::/4'],
    ...['f000::/5', 'f800::/6', 'fe00::/9', '2001::/23'],
  ],
};

/** Public in themselves, inside a block of the list above: well-known NAT64 (RFC 6052) and Teredo (RFC 4380). */
const judgedByEmbedded = ['64:ff9b::/96', '2001::/32'];

/**
 * Cloud metadata services, and the block by which a rule names each. An address outside 169.254/16 lies in a range that is
 * opened for other reasons (a private network, a public one), so a rule must name the address itself.
 */
const metadataServices: readonly (readonly [address: string, block: string])[] = [
  ['169.254.169.254', '169.254.0.0/16'],
  ['169.254.170.2', '169.254.0.0/16'],
  ['169.254.170.23', '169.254.0.0/16'],
  // Alibaba, Oracle, Azure.
  ['100.100.100.200', '100.100.100.200/32'],
  ['192.0.0.192', '192.0.0.192/32'],
  ['168.63.129.16', '168.63.129.16/32'],
  // AWS, AWS EKS, Google, Scaleway.
  ['fd00:ec2::254', 'fd00:ec2::254/128'],
  ['fd00:ec2::23', 'fd00:ec2::23/128'],
  ['fd20:ce::254', 'fd20:ce::254/128'],
  ['fd00:42::42', 'fd00:42::42/128'],
];

const specialRanges: CidrTable<SpecialRange | null> = buildTable();

/** The range that makes the address special, or undefined when it is public. Mapped addresses must have been unwrapped. */
export function specialRangeOf(address: IpAddress, ownAddresses: readonly IpAddress[]): SpecialRange | undefined {
  const range = specialRanges.longest(address)?.value ?? undefined;
  // An own address in a special range is named as the others of the range are.
  if (range !== undefined) return range;
  const isOwn = ownAddresses.some((own) => isSameIpAddress(own, address));
  return isOwn ? { kind: 'OwnAddress', block: hostCidr(address) } : undefined;
}

function buildTable(): CidrTable<SpecialRange | null> {
  const table = new CidrTable<SpecialRange | null>();
  for (const [kind, blocks] of Object.entries(blocksByKind) as [keyof typeof blocksByKind, readonly string[]][]) {
    for (const text of blocks) {
      const block = requireCidr(text);
      table.getOrCreate(block, () => ({ kind, block }));
    }
  }
  for (const text of judgedByEmbedded) table.getOrCreate(requireCidr(text), () => null);
  for (const [address, block] of metadataServices) {
    table.getOrCreate(requireCidr(address), () => ({ kind: 'Metadata', block: requireCidr(block) }));
  }
  return table;
}
