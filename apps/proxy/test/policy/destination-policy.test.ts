import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { AllowRule } from '../../src/config/effective-config.ts';
import { compileAllowRules } from '../../src/policy/compile-allow-rules.ts';
import { judgeDestination } from '../../src/policy/destination-policy.ts';
import type { IpAddress } from '../../src/routing/ip-address.ts';
import { parseIpAddress } from '../../src/routing/parse-ip-address.ts';

interface Attempt {
  readonly domain?: string;
  readonly to: string;
  readonly port?: number;
  readonly own?: readonly string[];
}

function address(text: string): IpAddress {
  const parsed = parseIpAddress(text);
  assert.ok(parsed, text);
  return parsed;
}

function rule(fields: {
  domains?: readonly string[];
  cidrs?: readonly string[];
  ports?: readonly number[];
}): AllowRule {
  const { domains = [], cidrs = [], ports = [] } = fields;
  return { domains, cidrs, ports: ports.map((port) => ({ from: port, to: port })) };
}

/** `allowed 1`: by the rule at that position; `allowed -`: by none; else the reason of the denial. */
function judge(rules: readonly AllowRule[] | null, { domain, to, port = 443, own = [] }: Attempt): string {
  const destination = { domain: domain ?? null, address: address(to), port };
  const judgement = judgeDestination(rules && compileAllowRules(rules), destination, own.map(address));
  return judgement.kind === 'allowed' ? `allowed ${judgement.rule ?? '-'}` : judgement.reason;
}

describe('judgeDestination: a user without allow', () => {
  it('reaches every public address on every port', () => {
    for (const to of ['8.8.8.8', '203.0.113.1', '2a00::1', '64:ff9b::8.8.8.8', '::ffff:8.8.8.8', '2002:808:808::1']) {
      assert.equal(judge(null, { to, port: 1 }), 'allowed -', to);
      assert.equal(judge(null, { to, domain: 'example.com', port: 65_535 }), 'allowed -', to);
    }
  });

  it('reaches no special range, by name or by address, plain or wrapped', () => {
    for (const [to, reason] of [
      ['127.0.0.1', 'Loopback'],
      ['::ffff:127.0.0.1', 'Loopback'],
      ['64:ff9b::7f00:1', 'Loopback'],
      ['2002:7f00:1::', 'Loopback'],
      ['169.254.169.254', 'Metadata'],
      ['::ffff:a9fe:a9fe', 'Metadata'],
      ['10.1.2.3', 'Private'],
      ['0.0.0.0', 'Unspecified'],
      ['::', 'Unspecified'],
      ['ff02::1', 'Multicast'],
    ] as const) {
      assert.equal(judge(null, { to }), reason, to);
      assert.equal(judge(null, { to, domain: 'rebound.example.com' }), reason, to);
    }
  });

  it("does not reach the proxy's own addresses, wrapped ones neither", () => {
    const own = ['203.0.113.9', '2a00::9'];
    for (const to of ['203.0.113.9', '2a00::9', '::ffff:203.0.113.9', '64:ff9b::203.0.113.9']) {
      assert.equal(judge(null, { to, own }), 'OwnAddress', to);
    }
    assert.equal(judge(null, { to: '203.0.113.10', own }), 'allowed -');
  });
});

describe('judgeDestination: rules', () => {
  it('denies everything for an empty list', () => {
    assert.equal(judge([], { to: '8.8.8.8' }), 'NoRule');
  });

  it('lets a rule without fields reach every public address and no other', () => {
    assert.equal(judge([rule({})], { to: '8.8.8.8', port: 22 }), 'allowed 0');
    assert.equal(judge([rule({})], { to: '127.0.0.1', port: 22 }), 'Loopback');
  });

  it('matches names exactly and by wildcard, whatever case or trailing dot', () => {
    const rules = [rule({ domains: ['Example.com', '*.example.com.'] })];
    for (const domain of ['example.com', 'EXAMPLE.com.', 'www.example.com', 'a.b.example.com']) {
      assert.equal(judge(rules, { to: '8.8.8.8', domain }), 'allowed 0', domain);
    }
    for (const domain of ['example.org', 'notexample.com', 'com', 'example.com.evil.test']) {
      assert.equal(judge(rules, { to: '8.8.8.8', domain }), 'NoRule', domain);
    }
    assert.equal(judge([rule({ domains: ['*.example.com'] })], { to: '8.8.8.8', domain: 'example.com' }), 'NoRule');
  });

  it('does not match a domain rule when the client asked for an address', () => {
    assert.equal(judge([rule({ domains: ['example.com'] })], { to: '93.184.216.34' }), 'NoRule');
  });

  it('holds a rule only when all its fields hold', () => {
    const rules = [rule({ domains: ['example.com'], cidrs: ['203.0.113.0/24'], ports: [443, 8443] })];
    const good = { domain: 'example.com', to: '203.0.113.7', port: 8443 };
    assert.equal(judge(rules, good), 'allowed 0');
    assert.equal(judge(rules, { ...good, domain: 'example.org' }), 'NoRule');
    assert.equal(judge(rules, { ...good, to: '203.0.112.7' }), 'NoRule');
    assert.equal(judge(rules, { ...good, port: 80 }), 'NoRule');
  });

  it('judges a CIDR rule on the address dialled, asked for by name or not', () => {
    const rules = [rule({ cidrs: ['203.0.113.0/24', '2a00::/16'] })];
    assert.equal(judge(rules, { to: '203.0.113.1' }), 'allowed 0');
    assert.equal(judge(rules, { to: '2a00::1', domain: 'example.com' }), 'allowed 0');
    assert.equal(judge(rules, { to: '8.8.8.8', domain: '203.0.113.1.example.com' }), 'NoRule');
  });

  it('takes ranges of ports', () => {
    const rules = [{ domains: [], cidrs: [], ports: [{ from: 8000, to: 8999 }] }];
    for (const [port, expected] of [
      [7999, 'NoRule'],
      [8000, 'allowed 0'],
      [8999, 'allowed 0'],
      [9000, 'NoRule'],
    ] as const) {
      assert.equal(judge(rules, { to: '8.8.8.8', port }), expected);
    }
  });

  it('names the first rule that holds', () => {
    const rules = [
      rule({ ports: [22] }),
      rule({ domains: ['*.example.com'] }),
      rule({ domains: ['www.example.com'] }),
      rule({ cidrs: ['203.0.113.0/24'] }),
      rule({ cidrs: ['203.0.113.7/32'] }),
      rule({}),
    ];
    assert.equal(judge(rules, { to: '203.0.113.7', domain: 'www.example.com' }), 'allowed 1');
    assert.equal(judge(rules, { to: '203.0.113.7', domain: 'www.example.com', port: 22 }), 'allowed 0');
    assert.equal(judge(rules, { to: '203.0.113.7' }), 'allowed 3');
    assert.equal(judge(rules, { to: '8.8.8.8' }), 'allowed 5');
  });
});

describe('judgeDestination: rules and special ranges', () => {
  it('opens a special range to a rule that names its CIDR or a part of it', () => {
    for (const [cidr, to] of [
      ['127.0.0.0/8', '127.0.0.1'],
      ['127.0.0.1/32', '127.0.0.1'],
      ['::1/128', '::1'],
      ['10.0.0.0/8', '10.9.9.9'],
      ['10.9.0.0/16', '10.9.9.9'],
      ['169.254.169.254/32', '169.254.169.254'],
      ['169.254.0.0/16', '169.254.169.254'],
      ['fd00::/8', 'fd12::1'],
      ['fd00:ec2::254/128', 'fd00:ec2::254'],
      ['127.0.0.0/8', '::ffff:127.0.0.1'],
      ['10.0.0.0/8', '64:ff9b::10.0.0.1'],
    ] as const) {
      assert.equal(judge([rule({ cidrs: [cidr] })], { to }), 'allowed 0', `${cidr} ${to}`);
      assert.equal(judge([rule({ cidrs: [cidr], ports: [80] })], { to }) === 'allowed 0', false, `${cidr} ${to}`);
    }
  });

  it('does not take a wider CIDR for a name of the range', () => {
    for (const [cidr, to, reason] of [
      ['0.0.0.0/0', '127.0.0.1', 'Loopback'],
      ['0.0.0.0/0', '169.254.169.254', 'Metadata'],
      ['::/0', '::1', 'Loopback'],
      ['::/0', 'fd12::1', 'Private'],
      ['172.0.0.0/8', '172.16.0.1', 'Private'],
      ['100.64.0.0/10', '100.100.100.200', 'Metadata'],
      ['fd00::/8', 'fd00:ec2::254', 'Metadata'],
      ['64:ff9b::/96', '64:ff9b::10.0.0.1', 'Private'],
      ['2002::/16', '2002:a9fe:a9fe::1', 'Metadata'],
    ] as const) {
      assert.equal(judge([rule({ cidrs: [cidr] })], { to }), reason, `${cidr} ${to}`);
    }
  });

  it('never opens a special range to a domain rule', () => {
    const rules = [
      rule({ domains: ['localhost', '*.internal'] }),
      rule({ domains: ['rebound.test'], cidrs: ['8.8.8.0/24'] }),
    ];
    assert.equal(judge(rules, { to: '127.0.0.1', domain: 'localhost' }), 'Loopback');
    assert.equal(judge(rules, { to: '10.0.0.1', domain: 'db.internal' }), 'Private');
    assert.equal(judge(rules, { to: '10.0.0.1', domain: 'rebound.test' }), 'Private');
  });

  it('opens a special range to a name whose rule also names the CIDR', () => {
    const rules = [rule({ domains: ['*.internal'], cidrs: ['10.0.0.0/8'] })];
    assert.equal(judge(rules, { to: '10.0.0.1', domain: 'db.internal' }), 'allowed 0');
    assert.equal(judge(rules, { to: '10.0.0.1', domain: 'db.external' }), 'Private');
    assert.equal(judge(rules, { to: '10.0.0.1' }), 'Private');
  });

  it('wants each address inside a Teredo address named', () => {
    // Server 10.0.0.1, client 10.9.9.9.
    const to = '2001:0:a00:1:0:0:f5f6:f6f6';
    assert.equal(judge([rule({ cidrs: ['10.0.0.0/24'] })], { to }), 'Private');
    assert.equal(judge([rule({ cidrs: ['10.0.0.0/24', '10.9.0.0/16'] })], { to }), 'allowed 0');
    // A public server address that a rule names does not stand for the client behind it.
    assert.equal(judge([rule({ cidrs: ['8.8.8.0/24'] })], { to: '2001:0:808:808:0:0:fefe:fefe' }), 'NoRule');
  });

  it("opens the proxy's own addresses to a rule that names them", () => {
    const own = ['203.0.113.9', '127.0.0.1'];
    assert.equal(judge([rule({ cidrs: ['203.0.113.9/32'] })], { to: '203.0.113.9', own }), 'allowed 0');
    assert.equal(judge([rule({ cidrs: ['203.0.113.0/24'] })], { to: '203.0.113.9', own }), 'OwnAddress');
    assert.equal(
      judge([rule({ domains: ['self.test'] })], { to: '203.0.113.9', domain: 'self.test', own }),
      'OwnAddress',
    );
    assert.equal(judge([rule({ cidrs: ['127.0.0.0/8'] })], { to: '127.0.0.1', own }), 'allowed 0');
  });
});

describe('compileAllowRules: size', () => {
  it('judges among 20 000 rules as fast as among few', () => {
    const rules = Array.from({ length: 10_000 }, (_, index) => [
      rule({ domains: [`host-${index}.example.com`, `*.zone-${index}.example.com`] }),
      rule({ cidrs: [`10.${index >>> 8}.${index & 255}.0/24`] }),
    ]).flat();
    const compiled = compileAllowRules(rules);
    const last = address('10.39.15.1');
    const start = performance.now();
    for (let round = 0; round < 5000; round++) {
      const judgement = judgeDestination(compiled, { domain: 'x.example.com', address: last, port: 443 }, []);
      assert.deepEqual(judgement, { kind: 'allowed', rule: 19_999 });
    }
    // A scan would make 100 million rule checks.
    assert.ok(performance.now() - start < 1000);
  });
});
