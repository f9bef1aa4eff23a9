import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LoadError, parseTrafficReport, trafficArguments } from '../../src/load/traffic-load.ts';

const request = {
  program: '/x/load-generator',
  mode: 'conn',
  front: 'socks5',
  connections: 8,
  proxyPort: 7001,
  serverName: 'conn.test',
  target: '11.0.0.1:9001',
  warmUpSeconds: 0.25,
  seconds: 1,
  watch: { machine: '/proc/stat' },
} as const;

test('a forward proxy is asked for the target, a router is not', () => {
  assert.match(trafficArguments(request).join(' '), /--via socks5 --target 11\.0\.0\.1:9001/);
  assert.doesNotMatch(trafficArguments({ ...request, front: 'sni' }).join(' '), /--via|--target/);
  assert.match(trafficArguments(request).join(' '), /--watch machine=\/proc\/stat/);
});

test('a report that is cut, or lacks a field, is an error', () => {
  assert.throws(() => parseTrafficReport('{"seconds":1,'), LoadError);
  assert.throws(() => parseTrafficReport('{"seconds":1,"ok":5}'), LoadError);
  assert.throws(() => parseTrafficReport('null'), LoadError);
});
