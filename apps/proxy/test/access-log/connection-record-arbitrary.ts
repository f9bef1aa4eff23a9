/**
 * Random connection records: every field over what its type allows, hostile strings included.
 */
import * as fc from 'fast-check';
import { closedByValues, closeReasons, type ConnectionRecord } from '../../src/session/connection-record.ts';

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 40 }),
  fc.string({ unit: 'grapheme', maxLength: 40 }),
  fc.constantFrom(
    'www.example.com',
    '"',
    '\\',
    '\n',
    '\u2028',
    '\u202E',
    '\u0000',
    '\uD800',
    '\uDFFFx',
    '\u007F',
    '😀',
  ),
);
const optionalText = fc.option(text);
const phase = fc.option(fc.double({ min: 0, max: 1e9, noNaN: true }));
const bytes = fc.oneof(fc.maxSafeNat(), fc.constantFrom(0, Number.MAX_SAFE_INTEGER));

export const connectionRecordArbitrary: fc.Arbitrary<ConnectionRecord> = fc.record({
  id: text,
  listener: text,
  client: text,
  protocol: fc.constantFrom('TLS', 'SSH', 'HTTP', 'HTTP2', 'SOCKS4', 'SOCKS5', 'Unknown'),
  sni: optionalText,
  alpn: fc.array(text, { maxLength: 8 }),
  user: optionalText,
  route: optionalText,
  endpoint: optionalText,
  upstream: optionalText,
  bytesUp: bytes,
  bytesDown: bytes,
  detectMs: phase,
  decideMs: phase,
  connectMs: phase,
  firstByteMs: phase,
  durationMs: fc.double({ min: 0, max: 1e9, noNaN: true }),
  closedBy: fc.constantFrom(...closedByValues),
  reason: fc.constantFrom(...closeReasons),
});
