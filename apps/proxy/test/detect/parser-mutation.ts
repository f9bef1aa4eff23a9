/**
 * Seeded random mutation of the corpus against every parser. What must hold for any bytes: nothing throws; a decision does
 * not depend on how the stream was cut nor on the bytes around it; a name that comes out is canonical.
 */
import { detectableProtocols } from '@sluice/contract/protocol.ts';
import assert from 'node:assert/strict';
import { createDetector } from '../../src/detect/detect-protocol.ts';
import type { Detected } from '../../src/detect/detection.ts';
import { parseProxyProtocolHeader } from '../../src/detect/proxy-protocol-header.ts';
import { validClientHelloForms } from './client-hello-forms.ts';
import { decideEveryPrefix, inSlab, isSame } from './decision-of-prefixes.ts';
import { loadFirstFlights } from './first-flight-corpus.ts';
import { expectedHostName } from './host-name-oracle.ts';
import { createRandom, type Random } from './seeded-random.ts';

/** Longer seeds would spend the time on a few mutants; the corpus test has them whole. */
const maxSeedBytes = 3000;
const prefixesPerMutant = 12;

const interestingBytes = [0, 1, 2, 3, 4, 5, 0x0a, 0x0d, 0x16, 0x20, 0x2e, 0x3a, 0x7f, 0x80, 0xff];
const proxyHeaders = [
  'PROXY TCP4 192.0.2.1 198.51.100.9 56324 443\r\n',
  'PROXY TCP6 2001:db8::1 ::1 56324 443\r\n',
  '\r\n\r\n\0\r\nQUIT\n\x21\x11\0\x17\xc0\0\x02\x01\xc6\x33\x64\x09\xdc\x04\x01\xbb\x03\0\x04\0\0\0\0\x04\0\x01\0',
];

const detect = createDetector(detectableProtocols);
const seeds = [
  ...loadFirstFlights().map(({ bytes }) => bytes),
  ...validClientHelloForms('www.example.com').map(({ flight }) => flight),
  ...proxyHeaders.map((header) => Buffer.from(header, 'latin1')),
].filter((seed) => seed.length <= maxSeedBytes);

export interface MutationCounts {
  readonly mutants: number;
  /** Mutants by what they were decided as; shows that the run reaches decisions and not Unknown alone. */
  readonly decisions: ReadonlyMap<string, number>;
}

/** Runs until `isOver()`, asked between mutants. A failure names the bytes; the seed replays it. */
export function mutateCorpus(seed: number, isOver: () => boolean): MutationCounts {
  const random = createRandom(seed);
  const decisions = new Map<string, number>();
  let mutants = 0;
  for (; !isOver(); mutants++) {
    const mutant = mutate(random);
    const decision = checkDetection(mutant, random);
    checkProxyHeader(mutant, random);
    const name = decision?.protocol ?? 'needMore';
    decisions.set(name, (decisions.get(name) ?? 0) + 1);
  }
  return { mutants, decisions };
}

function checkDetection(mutant: Buffer, random: Random): Detected | null {
  const lengths = somePrefixes(mutant, random);
  const decision = decideEveryPrefix(detect, mutant, lengths);
  const { slab, start } = inSlab(mutant, random(256));
  const elsewhere = detect(slab, start, start + mutant.length);
  assert.ok(isSame(decision, elsewhere), `depends on its surroundings: ${mutant.toString('hex')}`);
  if (decision?.protocol === 'TLS' && decision.sni !== null) {
    assert.equal(decision.sni, expectedHostName(decision.sni), `not canonical: ${mutant.toString('hex')}`);
  }
  return decision;
}

function checkProxyHeader(mutant: Buffer, random: Random): void {
  let first = 'needMore';
  for (const length of somePrefixes(mutant, random)) {
    const verdict = parseProxyProtocolHeader(mutant, 0, length);
    assert.ok(first === 'needMore' || first === verdict.kind, `${first} taken back: ${mutant.toString('hex')}`);
    assert.ok(
      verdict.kind !== 'decided' || verdict.value.length <= length,
      `longer than it is: ${mutant.toString('hex')}`,
    );
    first = verdict.kind;
  }
}

/** Rising, with the whole at the end. */
function somePrefixes(mutant: Buffer, random: Random): readonly number[] {
  const lengths = Array.from({ length: prefixesPerMutant }, () => random(mutant.length + 1));
  return [...lengths, mutant.length].toSorted((one, other) => one - other);
}

function mutate(random: Random): Buffer {
  let bytes = Buffer.from(pick(seeds, random));
  for (let changes = 1 + random(4); changes > 0; changes--) bytes = change(bytes, random);
  return bytes;
}

function change(bytes: Buffer, random: Random): Buffer<ArrayBuffer> {
  const position = random(bytes.length + 1);
  const next = Math.min(bytes.length, position + 1 + random(8));
  const before = bytes.subarray(0, position);
  switch (random(7)) {
    case 0:
      return Buffer.concat([before, Buffer.of(random(256)), bytes.subarray(position + 1)]);
    case 1:
      return Buffer.concat([before, Buffer.of(pick(interestingBytes, random)), bytes.subarray(position + 1)]);
    case 2:
      return Buffer.concat([before, Buffer.of(random(256)), bytes.subarray(position)]);
    case 3:
      return Buffer.concat([before, bytes.subarray(next)]);
    case 4:
      return Buffer.concat([before, bytes.subarray(position, next), bytes.subarray(position)]);
    case 5:
      return Buffer.concat([before, pick(seeds, random).subarray(random(64), 64 + random(512)), bytes.subarray(next)]);
    default:
      return Buffer.concat([before]);
  }
}

function pick<Item>(items: readonly Item[], random: Random): Item {
  const item = items[random(items.length)];
  assert.ok(item !== undefined);
  return item;
}
