/**
 * Five seconds of random mutation with a fixed seed; longer, or with another seed, by hand:
 *
 *     node apps/proxy/test/detect/parser-mutation.test.ts [SECONDS] [SEED]
 */
import assert from 'node:assert/strict';
import { it } from 'node:test';
import { mutateCorpus } from './parser-mutation.ts';

const seconds = Number(process.argv[2] ?? 5);
const seed = Number(process.argv[3] ?? 20_261_121);

it(`parsers keep their promises for ${seconds} s of mutants (seed ${seed})`, (t) => {
  const endMs = performance.now() + 1000 * seconds;
  const { mutants, decisions } = mutateCorpus(seed, () => performance.now() >= endMs);
  t.diagnostic(`${mutants} mutants: ${JSON.stringify(Object.fromEntries(decisions))}`);
  for (const protocol of ['TLS', 'SSH', 'HTTP', 'HTTP2', 'SOCKS4', 'SOCKS5', 'Unknown', 'needMore']) {
    assert.ok(decisions.has(protocol), `no mutant was ${protocol}: ${mutants} mutants reach too little`);
  }
});
