import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import * as fc from 'fast-check';
import { type Cidr, cidrContains, formatCidr, requireCidr } from '../../src/routing/cidr.ts';
import { CidrTable } from '../../src/routing/cidr-table.ts';
import { formatIpAddress } from '../../src/routing/format-ip-address.ts';
import { type IpAddress, ipv4Address, ipv6Address } from '../../src/routing/ip-address.ts';

// Few distinct bits, so that blocks nest and addresses hit them.
const word = fc.constantFrom(0, 0x80000000, 0xff000000, 0xff800000, 0xff80ff00, 1, -1);
const address: fc.Arbitrary<IpAddress> = fc.oneof(
  word.map(ipv4Address),
  fc.tuple(word, word, word, word).map(([a, b, c, d]) => ipv6Address(a, b, c, d)),
);
const block: fc.Arbitrary<Cidr> = address.chain((network) =>
  fc
    .integer({ min: 0, max: network.family === 4 ? 32 : 128 })
    .map((length) => requireCidr(`${formatIpAddress(network)}/${length}`)),
);

function tableOf(blocks: readonly Cidr[]): CidrTable<string> {
  const table = new CidrTable<string>();
  for (const cidr of blocks) table.getOrCreate(cidr, () => formatCidr(cidr));
  return table;
}

describe('CidrTable', () => {
  it('finds every block that holds an address, from the longest prefix on', () => {
    fc.assert(
      fc.property(fc.array(block, { maxLength: 24 }), address, (blocks, target) => {
        const expected = [...new Set(blocks.filter((cidr) => cidrContains(cidr, target)).map(formatCidr))];
        expected.sort((a, b) => Number(b.split('/')[1]) - Number(a.split('/')[1]));
        const table = tableOf(blocks);
        const found: string[] = [];
        for (
          let entry = table.longest(target);
          entry !== undefined;
          entry = table.longest(target, entry.prefixLength)
        ) {
          found.push(entry.value);
        }
        assert.deepEqual(found, expected);
      }),
      { numRuns: 2000 },
    );
  });

  it('creates the value of a block once', () => {
    const table = new CidrTable<object>();
    const first = table.getOrCreate(requireCidr('10.0.0.0/8'), () => ({}));
    assert.equal(
      table.getOrCreate(requireCidr('10.9.9.9/8'), () => ({})),
      first,
    );
    assert.notEqual(
      table.getOrCreate(requireCidr('10.0.0.0/9'), () => ({})),
      first,
    );
  });
});
