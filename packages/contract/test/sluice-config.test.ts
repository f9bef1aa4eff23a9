import assert from 'node:assert/strict';
import { test } from 'node:test';
import * as fc from 'fast-check';
import { Value } from 'typebox/value';
import { listenerSchema, listenerSpecSchema } from '../src/listener.ts';
import { proxyRouteSpecSchema, routeSchema, routeSpecSchema } from '../src/route.ts';
import { elsewhereKeyword, laterKeyword } from '../src/schema-keywords.ts';
import { sluiceConfigSchema } from '../src/sluice-config.ts';
import { textFormats } from '../src/text-format.ts';
import { proxyUserSpecSchema, userSchema, userSpecSchema } from '../src/user.ts';
import { type SchemaWords, schemasIn } from './schema-walk.ts';

const schemas = [
  ...schemasIn(sluiceConfigSchema as unknown as SchemaWords),
  ...schemasIn(proxyRouteSpecSchema as unknown as SchemaWords, 'ProxyRoute.spec'),
  ...schemasIn(proxyUserSpecSchema as unknown as SchemaWords, 'ProxyUser.spec'),
];

/** What a structural schema needs beside its type, by type. */
const boundedBy: Readonly<Record<string, (schema: SchemaWords) => boolean>> = {
  object: (schema) => schema.additionalProperties === false,
  array: (schema) => (schema.maxItems ?? 0) > 0,
  integer: (schema) => Number.isSafeInteger(schema.minimum) && Number.isSafeInteger(schema.maximum),
  boolean: () => true,
  string: (schema) => schema.enum !== undefined || isBoundedText(schema),
};

function isBoundedText({ maxLength = 0, format = '', pattern }: SchemaWords): boolean {
  return maxLength > 0 && Object.hasOwn(textFormats, format) && pattern !== undefined;
}

test('every field has one type, a sentence and bounds, as a structural schema needs', () => {
  assert.ok(schemas.length > 70, `walked only ${schemas.length} schemas`);
  for (const [path, schema] of schemas) {
    assert.equal(boundedBy[schema.type ?? '']?.(schema), true, `${path}: type and bounds`);
    assert.match(schema.description ?? '', /^\S.*\.$/, `${path}: description`);
    for (const word of ['anyOf', 'oneOf', 'allOf', 'not', '$ref']) assert.ok(!(word in schema), `${path}: ${word}`);
  }
});

test('enumeration values are CamelCase and keys camelCase', () => {
  for (const [path, schema] of schemas) {
    for (const value of schema.enum ?? []) assert.match(String(value), /^[A-Z][A-Za-z0-9]*$/, path);
    for (const key of Object.keys(schema.properties ?? {})) assert.match(key, /^[a-z][A-Za-z0-9]*$/, path);
  }
});

test('names kept for later and names of Kubernetes resources are not already in use', () => {
  for (const [path, schema] of schemasIn(sluiceConfigSchema as unknown as SchemaWords)) {
    const later = [...Object.keys(schema[laterKeyword] ?? {}), ...Object.keys(schema[elsewhereKeyword] ?? {})];
    const used = [...Object.keys(schema.properties ?? {}), ...(schema.enum ?? []).map(String)];
    assert.deepEqual(
      later.filter((name) => used.includes(name)),
      [],
      path,
    );
  }
});

test('every default fits its own schema', () => {
  let count = 0;
  for (const [path, schema] of schemas) {
    if (schema.default === undefined) continue;
    count += 1;
    assert.ok(Value.Check(schema as never, schema.default), path);
    const format = schema.format;
    if (format !== undefined && Object.hasOwn(textFormats, format)) {
      assert.equal(textFormats[format as keyof typeof textFormats](String(schema.default)).kind, 'valid', path);
    }
  }
  assert.ok(count > 25, `${count} defaults`);
});

const durations = fc
  .array(fc.tuple(fc.nat(99_999), fc.constantFrom('h', 'm', 's', 'ms')), { minLength: 1, maxLength: 5 })
  .map((parts) => parts.map(([count, unit]) => `${count % 1000}${unit}`).join(''));

const textsByFormat: Readonly<Record<keyof typeof textFormats, fc.Arbitrary<string>>> = {
  'resource-name': fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '_', '.', ' ', 'é') }),
  'user-name': fc.string(),
  'zone-name': fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '_', '.', ' ') }),
  'dns-label': fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '.') }),
  'dns-subdomain': fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '.') }),
  'secret-key': fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '_', '.', ' ', '/') }),
  'alpn-id': fc.string(),
  'bind-address': fc.oneof(
    fc.tuple(fc.ipV4(), fc.nat(70_000)).map(([host, port]) => `${host}:${port}`),
    fc.tuple(fc.ipV6(), fc.nat(70_000)).map(([host, port]) => `[${host}]:${port}`),
  ),
  cidr: fc.oneof(
    fc.ipV4().map((host) => `${host}/32`),
    fc.ipV6().map((host) => `${host}/128`),
  ),
  'host-pattern': fc.oneof(
    fc.domain(),
    fc.domain().map((name) => `*.${name}.`),
  ),
  'endpoint-url': fc.oneof(
    fc
      .tuple(fc.constantFrom('tcp', 'tcp4', 'unix', 'udp'), fc.oneof(fc.domain(), fc.constant('/a/b')))
      .map(([scheme, rest]) => `${scheme}://${rest}:1`),
    fc.string({ unit: fc.constantFrom('/', 'a', ' ') }).map((path) => `unix:${path}`),
  ),
  'positive-duration': durations,
  'duration-or-none': durations,
  'scrypt-verifier': fc
    .tuple(fc.integer({ min: 0, max: 20 }), fc.uint8Array({ minLength: 7, maxLength: 66 }))
    .map(([ln, bytes]) => {
      const base64 = Buffer.from(bytes).toString('base64').replaceAll('=', '');
      return `$scrypt$ln=${ln},r=8,p=1$${base64}$${base64}`;
    }),
  'argon2id-verifier': fc
    .tuple(fc.integer({ min: 0, max: 300_000 }), fc.nat(5), fc.nat(9), fc.uint8Array({ minLength: 7, maxLength: 66 }))
    .map(([m, t, p, bytes]) => {
      const base64 = Buffer.from(bytes).toString('base64').replaceAll('=', '');
      return `$argon2id$v=19$m=${m},t=${t},p=${p}$${base64}$${base64}`;
    }),
  'bcrypt-verifier': fc
    .tuple(fc.constantFrom('2a', '2b', '2y'), fc.integer({ min: 2, max: 16 }), fc.constantFrom('.', 'O', 'e', 'x'))
    .map(([variant, cost, last]) => `$${variant}$${String(cost).padStart(2, '0')}$${'/a'.repeat(26)}${last}`)
    .map((text) => text.replace(/^(.{28})./, '$1u')),
  'nats-url': fc
    .tuple(
      fc.constantFrom('nats', 'tls', 'http'),
      fc.oneof(
        fc.domain(),
        fc.ipV4(),
        fc.ipV6().map((host) => `[${host}]`),
      ),
    )
    .map(([scheme, host]) => `${scheme}://${host}:4222`),
  'proxy-id': fc.string({ unit: fc.constantFrom('a', 'Z', '0', '-', '_', '.') }),
  'file-path': fc.string(),
  timestamp: fc
    .date({ min: new Date('0000-01-01'), max: new Date('9999-12-31') })
    .map((date) => (Number.isNaN(date.getTime()) ? 'never' : date.toISOString())),
};

test('whatever a format accepts, the pattern and length beside it accept too', () => {
  const accepted = new Map<string, number>();
  for (const [path, schema] of schemas) {
    if (schema.type !== 'string' || schema.enum !== undefined) continue;
    const format = schema.format as keyof typeof textFormats;
    fc.assert(
      fc.property(textsByFormat[format], (text) => {
        if (text === '' || textFormats[format](text).kind === 'invalid') return;
        accepted.set(format, (accepted.get(format) ?? 0) + 1);
        if (text.length <= (schema.maxLength ?? 0)) assert.ok(Value.Check(schema as never, text), `${path}: ${text}`);
      }),
      { numRuns: 200 },
    );
  }
  for (const format of Object.keys(textFormats))
    assert.ok((accepted.get(format) ?? 0) > 10, `${format}: ${accepted.get(format)}`);
});

test('the specs of the resources are entries of the file without the name; Services and Secrets come on top', () => {
  const keysOf = (schema: { readonly properties: object }): readonly string[] => Object.keys(schema.properties);
  assert.deepEqual(keysOf(routeSchema), ['name', ...keysOf(routeSpecSchema)]);
  assert.deepEqual(keysOf(userSchema), ['name', ...keysOf(userSpecSchema)]);
  assert.deepEqual(keysOf(listenerSchema), ['name', ...keysOf(listenerSpecSchema)]);
  const pathsOf = (schema: object): readonly string[] =>
    schemasIn(schema as SchemaWords)
      .map(([path]) => path)
      .toSorted();
  const onTop = (resource: object, entry: object): readonly string[] => {
    const known = new Set(pathsOf(entry));
    return pathsOf(resource).filter((path) => !known.has(path));
  };
  assert.deepEqual(onTop(routeSpecSchema, proxyRouteSpecSchema), []);
  assert.deepEqual(
    onTop(proxyRouteSpecSchema, routeSpecSchema),
    ['', '.name', '.namespace', '.port', '.portName'].map((path) => `to.endpoints[].service${path}`),
  );
  assert.deepEqual(onTop(userSpecSchema, proxyUserSpecSchema), []);
  assert.deepEqual(
    onTop(proxyUserSpecSchema, userSpecSchema),
    ['credentials[]', 'password'].flatMap((path) => ['', '.key', '.name'].map((key) => `${path}.secretRef${key}`)),
  );
  assert.ok(
    Value.Check(routeSpecSchema, { match: { protocol: 'SSH' }, to: { endpoints: [{ url: 'tcp://10.0.0.9:22' }] } }),
  );
  assert.ok(!Value.Check(routeSpecSchema, { name: 'x', action: 'Ban' }));
});
