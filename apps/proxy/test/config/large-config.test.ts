import assert from 'node:assert/strict';
import { test } from 'node:test';
import { configOf } from './parse-text.ts';

const routeCount = 100_000;
/** CPU time, not wall time: other tests run beside. Five times what it takes on a slow machine; a quadratic step takes minutes. */
const maxCpuMicroseconds = 20_000_000;

function largeFile(routeLines: (index: number) => string): string {
  return `listeners:\n  - name: edge\n    bind: ["127.0.0.1:0"]\nroutes:\n${Array.from({ length: routeCount }, (_, index) => routeLines(index)).join('')}`;
}

const styles: Readonly<Record<string, (index: number) => string>> = {
  block: (index) =>
    `- name: r${index}\n  listeners:\n  - edge\n  match:\n    sni:\n    - n${index}.test\n  to:\n    endpoints:\n    - url: tcp://10.0.0.7:443\n      weight: 2\n`,
  flow: (index) =>
    `  - { name: r${index}, match: { sni: ["n${index}.test"] }, to: { endpoints: [{ url: "tcp://10.0.0.7:443" }] } }\n`,
};

for (const [style, routeLines] of Object.entries(styles)) {
  test(`a file of 100 000 routes in ${style} style is read in seconds`, () => {
    const text = largeFile(routeLines);
    const before = process.cpuUsage();
    const { routes } = configOf(text);
    const spent = process.cpuUsage(before);
    assert.equal(routes.length, routeCount);
    assert.deepEqual(routes.at(-1)?.match.sni, [`n${routeCount - 1}.test`]);
    assert.ok(spent.user + spent.system < maxCpuMicroseconds, `${spent.user + spent.system} µs`);
  });
}
