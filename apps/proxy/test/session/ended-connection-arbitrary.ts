/**
 * Random ended connections as the driver hands them in: names from a small set (a configuration's words come again and
 * again), hostile ALPN values, both address families, phases that were not reached.
 */
import * as fc from 'fast-check';
import { detectableProtocols } from '@sluice/contract/protocol.ts';
import { type IpAddress, ipv4Address, ipv6Address } from '../../src/routing/ip-address.ts';
import { closedByValues, closeReasons } from '../../src/session/connection-record.ts';
import type { EndedConnection } from '../../src/session/record-batch.ts';

const word = fc.integer();
const ipv4 = word.map(ipv4Address);
const ipv6 = fc.tuple(word, word, word, word).map((words) => ipv6Address(...words));
const address: fc.Arbitrary<IpAddress> = fc.oneof(
  ipv4,
  ipv6,
  fc.constantFrom(ipv4Address(0), ipv4Address(-1), ipv6Address(0, 0, 0, 0), ipv6Address(0, 0, 0xffff, 1)),
);
const port = fc.integer({ min: 0, max: 65_535 });
const name = fc.oneof(
  fc.constantFrom('edge', 'web', 'tcp://10.0.0.7:443', 'alice', '', '\u0000', '\u0001', '😀'),
  fc.string({ unit: 'binary', maxLength: 12 }),
);
const optionalName = fc.option(name);
const sni = fc.option(fc.domain());
// Detection reads protocol names as latin1: every byte, control characters too, and never an empty one.
const protocolName = fc
  .uint8Array({ minLength: 1, maxLength: 12 })
  .map((bytes) => Buffer.from(bytes).toString('latin1'));
const us = fc.oneof(fc.constant(-1), fc.integer({ min: 0, max: 2 ** 32 }));
const bytes = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));

export const endedConnectionArbitrary: fc.Arbitrary<EndedConnection> = fc.record({
  serial: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  listener: name,
  client: address,
  clientPort: port,
  protocol: fc.constantFrom(...detectableProtocols, 'Unknown' as const),
  sni,
  alpn: fc.array(fc.oneof(protocolName, fc.constantFrom('h2', '\u0000', '\u0001', '%00', '%')), { maxLength: 4 }),
  user: optionalName,
  route: optionalName,
  endpoint: optionalName,
  upstream: fc.option(address),
  upstreamPort: port,
  bytesUp: bytes,
  bytesDown: bytes,
  detectUs: us,
  decideUs: us,
  connectUs: us,
  firstByteUs: us,
  durationUs: fc.maxSafeNat(),
  closedBy: fc.constantFrom(...closedByValues),
  reason: fc.constantFrom(...closeReasons),
});
