import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { CanonicalJsonError, canonicalJson } from '../../src/digest/canonical-json.ts';

function shuffled(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(shuffled);
  if (typeof value !== 'object' || value === null) return value;
  const fields = Object.entries(value).map(([key, field]) => [key, shuffled(field)] as const);
  return Object.fromEntries(fields.toReversed());
}

describe('canonical JSON', () => {
  it('is one text for one value, whatever the order of its keys', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        assert.equal(canonicalJson(shuffled(value)), canonicalJson(value));
      }),
    );
  });

  it('means the same value when it is parsed', () => {
    fc.assert(
      fc.property(fc.jsonValue(), (value) => {
        const parsed: unknown = JSON.parse(canonicalJson(value));
        assert.deepEqual(parsed, JSON.parse(JSON.stringify(value)));
      }),
    );
  });

  it('holds no tab and no line end, which separate it in files', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        assert.doesNotMatch(canonicalJson({ [text]: text }), /[\t\n\r]/);
      }),
    );
  });

  it('sorts keys by their code units, leaves out what is undefined, and writes no spaces', () => {
    assert.equal(
      canonicalJson({ b: [1, { d: null, c: undefined }], a: 'x y', A: -0 }),
      '{"A":0,"a":"x y","b":[1,{"d":null}]}',
    );
  });

  it('refuses what is nested too deep instead of overflowing the stack', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(100_000)}${']'.repeat(100_000)}`);
    assert.throws(() => canonicalJson(deep), CanonicalJsonError);
  });

  it('refuses what JSON does not have', () => {
    assert.throws(() => canonicalJson({ a: 1n }), /bigint is no JSON value/);
  });
});
