import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Value } from 'typebox/value';
import { sluiceConfigSchema } from '@sluice/contract/sluice-config.ts';
import * as fc from 'fast-check';
import { parse, stringify } from 'yaml';
import { printEffectiveConfig, redactedSecret } from '../../src/config/print-effective-config.ts';
import { configOf, errorsOf } from './parse-text.ts';
import { validConfig } from './valid-config.ts';

/** As a file: `${` of the data is text in it. */
function textOf(data: object, style: 'block' | 'json'): string {
  const text =
    style === 'json' ? JSON.stringify(data) : stringify(data, { lineWidth: 0, aliasDuplicateObjects: false });
  return text.replaceAll('${', () => '$${');
}

test('what is printed reads back as the same configuration', () => {
  fc.assert(
    fc.property(validConfig, fc.constantFrom('block', 'json'), (data, style) => {
      const config = configOf(textOf(data, style));
      const printed = printEffectiveConfig(config, { secrets: 'Show' });
      assert.deepEqual(configOf(printed), config);
      assert.equal(printEffectiveConfig(configOf(printed), { secrets: 'Show' }), printed);
    }),
    { numRuns: 500 },
  );
});

test('every valid configuration is one for the schema too, as written and as printed', () => {
  fc.assert(
    fc.property(validConfig, (data) => {
      assert.ok(Value.Check(sluiceConfigSchema, data), JSON.stringify([...Value.Errors(sluiceConfigSchema, data)]));
      const printed: unknown = parse(printEffectiveConfig(configOf(textOf(data, 'json')), { secrets: 'Show' }));
      assert.ok(Value.Check(sluiceConfigSchema, printed));
    }),
    { numRuns: 200 },
  );
});

test('secrets are printed only when asked for, and a redacted text says what is missing', () => {
  const scrypt = '$scrypt$ln=15,r=8,p=1$c2x1aWNlLWV4YW1wbGU$bm90IGEgcmVhbCB2ZXJpZmllciwganVzdCAzMiBieXQ';
  const config = configOf(`listeners: []\nusers: [{ name: a, password: { scrypt: "${scrypt}" } }]\n`);
  assert.ok(printEffectiveConfig(config, { secrets: 'Show' }).includes(scrypt));
  const redacted = printEffectiveConfig(config, { secrets: 'Redact' });
  assert.ok(!redacted.includes('c2x1aWNl') && redacted.includes(redactedSecret));
  assert.match(
    errorsOf(redacted).join('\n'),
    /^s\.yaml:\d+:15: users\[0\]\.password\.scrypt: the value is not a scrypt verifier/,
  );
});

test('every default is spelled out in the words of the schema', () => {
  const printed = printEffectiveConfig(
    configOf('listeners: [{ name: a, bind: ["[::1]:0"] }]\nroutes: [{ name: r, action: Ban }]\n'),
    { secrets: 'Redact' },
  );
  assert.equal(
    printed,
    `admin:
  enabled: true
  bind: "127.0.0.1:9900"
log:
  level: Info
  access: true
datapath:
  mode: Auto
  workers: 0
  splice: true
  receiveLowWater: false
  packetDiet:
    delayedAck: true
    coalesceFin: true
    optimisticSend: true
listeners:
  - name: a
    bind: ["[::1]:0"]
    transport: TCP
    detect:
      timeout: 3s
      protocols: [TLS, SSH, HTTP, HTTP2, SOCKS4, SOCKS5]
    noRoute: Close
    timeouts:
      connect: 5s
      connectTotal: 15s
      idle: 1h
      halfClosed: 30s
      drain: 30s
    proxyProtocol:
      trust: []
    limits:
      connections: 100000
routes:
  - name: r
    match: {}
    action: Ban
    halfClose: true
users: []
`,
  );
});
