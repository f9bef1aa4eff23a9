import assert from 'node:assert/strict';
import { test } from 'node:test';
import { parseCidr as parseContractCidr } from '@sluice/contract/cidr.ts';
import { parseHostName as parseContractName } from '@sluice/contract/host-pattern.ts';
import * as fc from 'fast-check';
import { parseHostName } from '../../src/detect/host-name.ts';
import { formatCidr, parseCidr } from '../../src/routing/cidr.ts';

test('a configured name is one that detection can report, and the other way round', () => {
  const labels = fc.string({
    unit: fc.constantFrom('a', 'B', '0', '9', 'x', 'f', '-', '_', '.', ' ', 'é', '*', ':'),
    maxLength: 12,
  });
  const counts = { names: 0, others: 0 };
  fc.assert(
    fc.property(
      fc.oneof(
        labels,
        fc.domain(),
        fc.ipV4(),
        fc.ipV6(),
        fc.constantFrom('0x7f.1', 'a.0x', '1.2', `${'a'.repeat(63)}.b`),
      ),
      (text) => {
        const parsed = parseContractName(text);
        assert.equal(parsed.kind === 'valid' ? parsed.value : null, parseHostName(text), text);
        counts[parsed.kind === 'valid' ? 'names' : 'others'] += 1;
      },
    ),
    { numRuns: 3000 },
  );
  assert.ok(counts.names > 500 && counts.others > 500, JSON.stringify(counts));
});

test('a configured network means the same to routing', () => {
  const cidr = fc
    .oneof(fc.tuple(fc.ipV4(), fc.nat(33)), fc.tuple(fc.ipV6(), fc.nat(129)))
    .map(([host, length]) => `${host}/${length}`);
  fc.assert(
    fc.property(cidr, (text) => {
      const parsed = parseContractCidr(text);
      if (parsed.kind === 'invalid') return;
      const routed = parseCidr(parsed.value.text);
      assert.ok(routed !== undefined);
      assert.equal(formatCidr(routed), parsed.value.text);
    }),
    { numRuns: 2000 },
  );
});
