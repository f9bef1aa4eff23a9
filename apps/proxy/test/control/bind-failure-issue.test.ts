import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { formatIssue } from '../../src/config/config-issue.ts';
import {
  adminFailureIssue,
  type ConfigSource,
  listenFailureIssue,
  positionOf,
} from '../../src/control/bind-failure-issue.ts';
import { configOf } from '../config/parse-text.ts';

function sourceOf(text: string): ConfigSource {
  return { file: 's.yaml', text, config: configOf(text) };
}

const source = sourceOf(`admin:
  bind: "127.0.0.1:9901"
listeners:
  - name: edge
    bind: ["127.0.0.1:4430"]
  - name: more
    bind:
      - "127.0.0.1:4431"
      - "[::1]:4431"
`);

describe('what could not be bound', () => {
  it('is said where the bind stands: line, column, listener, reason, remedy', () => {
    const taken = { listener: 'more', bind: '[::1]:4431', systemCode: 'EADDRINUSE' };
    assert.equal(
      formatIssue(listenFailureIssue(source, taken)),
      's.yaml:9:9: listener "more" cannot bind [::1]:4431: the port is taken (EADDRINUSE)' +
        ' (stop what listens there, or choose another port)',
    );
    const first = { listener: 'edge', bind: '127.0.0.1:4430', systemCode: 'EACCES' };
    assert.match(formatIssue(listenFailureIssue(source, first)), /^s\.yaml:5:12: .*permission denied \(EACCES\)/);
  });

  it('has words for each reason a person can do something about, the code for the others', () => {
    for (const [systemCode, words] of [
      ['EADDRNOTAVAIL', 'this machine does not have the address (EADDRNOTAVAIL)'],
      ['EMFILE', 'no file descriptor is left (EMFILE)'],
      ['EAFNOSUPPORT', 'EAFNOSUPPORT'],
    ] as const) {
      const issue = listenFailureIssue(source, { listener: 'edge', bind: '127.0.0.1:4430', systemCode });
      assert.equal(issue.message, `listener "edge" cannot bind 127.0.0.1:4430: ${words}`);
      assert.notEqual(issue.remedy, '');
    }
  });

  it("is said of the admin's bind too, at the beginning of the file when that is the default", () => {
    assert.match(
      formatIssue(adminFailureIssue(source, 'EADDRINUSE')),
      /^s\.yaml:2:9: the admin listener cannot bind 127\.0\.0\.1:9901: the port is taken \(EADDRINUSE\) \(/,
    );
    const plain = sourceOf('listeners: [{ name: edge, bind: ["127.0.0.1:0"] }]\n');
    assert.match(
      formatIssue(adminFailureIssue(plain, 'EADDRINUSE')),
      /^s\.yaml:1:1: the admin listener cannot bind 127\.0\.0\.1:9900: /,
    );
  });

  it('finds positions in block and flow style, and none outside of the file', () => {
    const flow = sourceOf('{ listeners: [{ name: edge, bind: ["127.0.0.1:0", "127.0.0.2:0"] }] }\n');
    assert.deepEqual(positionOf(flow, ['listeners', 0, 'bind', 1]), { file: 's.yaml', line: 1, column: 51 });
    assert.deepEqual(positionOf(source, ['listeners', 1, 'name']), { file: 's.yaml', line: 6, column: 11 });
    assert.equal(positionOf({ ...source, text: '{' }, ['listeners']).line, 1);
  });
});
