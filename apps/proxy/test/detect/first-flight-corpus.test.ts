/** Real clients' first flights, whole, cut everywhere, and re-cut into TLS records: the decision never depends on the cut. */
import { detectableProtocols } from '@sluice/contract/protocol.ts';
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createDetector } from '../../src/detect/detect-protocol.ts';
import type { Detected } from '../../src/detect/detection.ts';
import { toRecords } from './client-hello-builder.ts';
import { decideEveryPrefix, isSame } from './decision-of-prefixes.ts';
import { type FirstFlight, loadFirstFlights } from './first-flight-corpus.ts';
import { createRandom } from './seeded-random.ts';

const detect = createDetector(detectableProtocols);
const flights = loadFirstFlights();
const hellos = flights.filter((flight) => flight.protocol === 'TLS');

function expectedOf({ protocol, sni, alpn }: FirstFlight): Detected {
  return protocol === 'TLS' ? { protocol, sni, alpn } : { protocol };
}

/** The ClientHello of a captured flight, without record headers and what follows it. */
function messageOf(flight: Buffer): Buffer {
  const contents: Buffer[] = [];
  for (let position = 0; flight[position] === 22; ) {
    const end = position + 5 + flight.readUInt16BE(position + 3);
    contents.push(flight.subarray(position + 5, end));
    position = end;
  }
  const message = Buffer.concat(contents);
  return message.subarray(0, 4 + message.readUIntBE(1, 3));
}

describe('first flights of real clients', () => {
  it('are a corpus worth the name', () => {
    assert.ok(flights.length >= 60, `${flights.length} flights`);
    assert.ok(hellos.length >= 40, `${hellos.length} hellos`);
    assert.ok(hellos.some((flight) => messageOf(flight.bytes).length > 16_384));
  });

  for (const flight of flights) {
    it(`decides ${flight.file} (${flight.bytes.length} bytes) the same at every split point`, () => {
      assert.deepEqual(decideEveryPrefix(detect, flight.bytes), expectedOf(flight));
    });
  }
});

describe('a hello cut into records', () => {
  it('is decided the same for every cut into two records', () => {
    for (const flight of hellos) {
      const message = messageOf(flight.bytes);
      // A prime stride through the three hellos over 4 KB keeps this under a second.
      const stride = message.length > 4096 ? 37 : 1;
      for (let cut = 1; cut < Math.min(message.length, 16_384); cut += stride) {
        const bytes = toRecords(message, { sizes: [cut, 16_384] });
        const decision = detect(bytes, 0, bytes.length);
        assert.ok(isSame(decision, expectedOf(flight)), `${flight.file} cut at ${cut}: ${JSON.stringify(decision)}`);
      }
    }
  });

  it('is decided the same for 10 000 random cuts into many records', () => {
    const random = createRandom(1);
    for (let run = 0; run < 10_000; run++) {
      const flight = hellos[random(hellos.length)];
      assert.ok(flight !== undefined);
      const message = messageOf(flight.bytes);
      const largest = 1 + random(Math.min(message.length, 600));
      const sizes = Array.from({ length: 40 }, () => 1 + random(largest));
      const bytes = toRecords(message, { sizes: [...sizes, 1024] });
      const decision = detect(bytes, 0, bytes.length);
      assert.ok(isSame(decision, expectedOf(flight)), `${flight.file} in records of ${sizes.join()}`);
    }
  });
});
