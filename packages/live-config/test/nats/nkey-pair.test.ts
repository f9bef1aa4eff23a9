import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { createNkeyPair, publicKeyOfSeed } from '../../src/nats/nkey-pair.ts';

test('a seed gives the public key it was made with', () => {
  const { seed, publicKey } = createNkeyPair();
  assert.match(seed, /^SU[A-Z2-7]{56}$/);
  assert.match(publicKey, /^U[A-Z2-7]{55}$/);
  assert.equal(publicKeyOfSeed(seed), publicKey);
  assert.notEqual(createNkeyPair().seed, seed);
});

test('what is no seed of a user has no public key, whatever it is', () => {
  const { seed } = createNkeyPair();
  for (const wrong of ['', 'SU', seed.slice(0, -1), seed.toLowerCase(), `${seed}A`, seed.replace(/^SU/, 'SA')]) {
    assert.equal(publicKeyOfSeed(wrong), null);
  }
  fc.assert(fc.property(fc.string(), (text) => publicKeyOfSeed(`SU${text}`) === null));
});
