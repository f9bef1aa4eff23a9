/**
 * The promise of design section 3 as a property: whatever the spelling, a user without a rule that names the CIDR never gets
 * an address dialled that ends at a protected place. What the tests call protected is written down here once more, in plain
 * arithmetic, and shares no code with the policy.
 */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import type { AllowRule } from '../../src/config/effective-config.ts';
import { compileAllowRules } from '../../src/policy/compile-allow-rules.ts';
import { judgeDestination } from '../../src/policy/destination-policy.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';
import { isResolvableName } from '../../src/upstream/resolvable-name.ts';

type Octets = readonly [number, number, number, number];

const octet = fc.nat({ max: 255 });
const protectedIpv4: fc.Arbitrary<Octets> = fc.oneof(
  fc.tuple(fc.constant(127), octet, octet, octet),
  fc.constant<Octets>([127, 0, 0, 1]),
  fc.constant<Octets>([169, 254, 169, 254]),
  fc.tuple(fc.constant(10), octet, octet, octet),
  fc.tuple(fc.constant(172), fc.integer({ min: 16, max: 31 }), octet, octet),
  fc.tuple(fc.constant(192), fc.constant(168), octet, octet),
  fc.tuple(fc.constant(100), fc.integer({ min: 64, max: 127 }), octet, octet),
  fc.tuple(fc.constant(0), octet, octet, octet),
);

const group = fc.nat({ max: 0xffff });

function hex(value: number): string {
  return value.toString(16);
}

function groupsOf([a, b, c, d]: Octets): readonly [string, string] {
  return [hex((a << 8) | b), hex((c << 8) | d)];
}

/** IPv6 text in a random one of its forms: full, padded, upper case, shortened by the URL parser, dotted tail. */
function spelled(groups: readonly string[]): fc.Arbitrary<string> {
  const full = groups.join(':');
  const last = groups.slice(6).map((text) => Number.parseInt(text, 16));
  const dotted = last.flatMap((value) => [value >>> 8, value & 255]).join('.');
  return fc.constantFrom(
    full,
    full.toUpperCase(),
    groups.map((text) => text.padStart(4, '0')).join(':'),
    new URL(`http://[${full}]/`).hostname.slice(1, -1),
    `${groups.slice(0, 6).join(':')}:${dotted}`,
  );
}

const zeros = ['0', '0', '0', '0'];

/** Every way we know to write an address that ends at the given IPv4 address. */
const disguised: fc.Arbitrary<string> = protectedIpv4.chain((octets) => {
  const [high, low] = groupsOf(octets);
  const inverted = (text: string): string => hex(Number.parseInt(text, 16) ^ 0xffff);
  return fc.oneof(
    fc.constant(octets.join('.')),
    spelled([...zeros, '0', 'ffff', high, low]),
    spelled([...zeros, '0', '0', high, low]).filter((text) => parseIpAddress(text) !== undefined),
    spelled(['64', 'ff9b', ...zeros, high, low]),
    fc.tuple(group, group, group).chain(([a, b, c]) => spelled(['64', 'ff9b', '1', hex(a), hex(b), hex(c), high, low])),
    fc.tuple(group, group, group, group, group).chain((rest) => spelled(['2002', high, low, ...rest.map(hex)])),
    fc
      .tuple(group, group, group, group)
      .chain(([a, b, c, d]) =>
        fc.oneof(
          spelled(['2001', '0', hex(a), hex(b), hex(c), hex(d), inverted(high), inverted(low)]),
          spelled(['2001', '0', high, low, hex(a), hex(b), hex(c), hex(d)]),
        ),
      ),
    fc.constantFrom('::1', '0:0:0:0:0:0:0:1', '::', 'fd00:ec2::254', 'fe80::1', '::0.0.0.1', '0000::0001'),
  );
});

/** Text that inet_aton(3), a URL parser or a lenient library reads as the IPv4 address. */
const lenient: fc.Arbitrary<string> = protectedIpv4.chain(([a, b, c, d]) => {
  const whole = ((a << 24) | (b << 16) | (c << 8) | d) >>> 0;
  const octal = (value: number): string => `0${value.toString(8)}`;
  const tail = ((b << 16) | (c << 8) | d) >>> 0;
  return fc.constantFrom(
    `0${octal(a)}.${b}.${c}.${d}`,
    [a, b, c, d].map((value) => `0${octal(value)}`).join('.'),
    [a, b, c, d].map((value) => `0x${hex(value)}`).join('.'),
    `0x${hex(whole)}`,
    `0X${hex(whole).toUpperCase()}`,
    String(whole),
    `0${octal(whole)}`,
    `${a}.${tail}`,
    `${a}.${b}.${(c << 8) | d}`,
    `${a}.0x${hex(tail)}`,
    `${a}.${b}.${c}.${d}.`,
    `${a}.${b}.${c}.0${octal(d)}`,
    `[::ffff:${a}.${b}.${c}.${d}]`,
    `::ffff:${a}.${b}.${c}.${d}%lo`,
    `::ffff:0${octal(a)}.${b}.${c}.${d}`,
    `%31${a}.${b}.${c}.${d}`,
    `${a}。${b}。${c}。${d}`,
    ` ${a}.${b}.${c}.${d}`,
    `${a}.${b}.${c}.${d}\0.example.com`,
    `${a}.${b}.${c}.${d}:80`,
  );
});

/** What a user may have who has no rule that names a special range. */
const harmlessRules: fc.Arbitrary<readonly AllowRule[] | null> = fc.constantFrom<readonly AllowRule[] | null>(
  null,
  [],
  [{ domains: [], cidrs: [], ports: [] }],
  [{ domains: ['*.test', 'localhost'], cidrs: [], ports: [] }],
  [{ domains: [], cidrs: ['0.0.0.0/0', '::/0', '64:ff9b::/96', '2002::/16', '2001::/32', '8.0.0.0/6'], ports: [] }],
  [{ domains: ['*.test'], cidrs: ['0.0.0.0/0', '::/0'], ports: [{ from: 1, to: 65_535 }] }],
);

const domain = fc.constantFrom(null, 'localhost', 'rebound.test', 'a.b.test');

describe('judgeDestination', () => {
  it('lets no disguise of a protected address through (20 000 spellings)', () => {
    fc.assert(
      fc.property(disguised, harmlessRules, domain, fc.integer({ min: 1, max: 65_535 }), (text, rules, name, port) => {
        const address = parseIpAddress(text);
        assert.ok(address, `${text} is an address, only disguised`);
        const judgement = judgeDestination(rules && compileAllowRules(rules), { domain: name, address, port }, []);
        assert.equal(judgement.kind, 'denied', text);
      }),
      { numRuns: 20_000 },
    );
  });

  it('never sees a lenient spelling: it is neither an address nor a name to resolve (10 000 spellings)', () => {
    fc.assert(
      fc.property(lenient, (text) => {
        assert.equal(parseIpAddress(text), undefined, text);
        assert.equal(isResolvableName(text.toLowerCase()), false, text);
      }),
      { numRuns: 10_000 },
    );
  });

  it('lets every public IPv4 address through, plain and wrapped, for a user without allow', () => {
    const isPublic = ([a, b, c, d]: Octets): boolean =>
      ![0, 10, 127].includes(a) &&
      a < 224 &&
      !(a === 100 && b >= 64 && b < 128) &&
      !(a === 172 && b >= 16 && b < 32) &&
      !['169.254', '192.168', '198.18', '198.19'].includes(`${a}.${b}`) &&
      !['192.0.0', '192.88.99'].includes(`${a}.${b}.${c}`) &&
      `${a}.${b}.${c}.${d}` !== '168.63.129.16';
    fc.assert(
      fc.property(fc.tuple(octet, octet, octet, octet).filter(isPublic), (octets) => {
        const dotted = octets.join('.');
        const [high, low] = groupsOf(octets);
        for (const text of [dotted, `::ffff:${dotted}`, `64:ff9b::${dotted}`, `2002:${high}:${low}::1`]) {
          const address = parseIpAddress(text);
          assert.ok(address);
          const judgement = judgeDestination(null, { domain: null, address, port: 443 }, []);
          assert.deepEqual(judgement, { kind: 'allowed', rule: null }, text);
        }
      }),
      { numRuns: 5000 },
    );
  });
});
