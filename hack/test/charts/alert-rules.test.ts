/** Each alert of the chart fires on what it is for and stays quiet otherwise, as promtool evaluates it; docs/alerts.md has a section for it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { test } from 'node:test';
import { parse } from 'yaml';
import { type AlertCase, alertCases } from './alert-cases.ts';

const root = join(import.meta.dirname, '../../..');
const rulesPath = join(root, 'charts/monitoring/files/rules.yaml');
const hasPromtool = spawnSync('promtool', ['--version']).status === 0;
const skip = hasPromtool ? false : 'promtool is not installed (hack/packages/test.list)';

interface Rule {
  readonly alert?: string;
  readonly labels?: { readonly severity: string };
  readonly annotations?: { readonly summary: string; readonly runbook_url: string };
}

const { groups } = parse(readFileSync(rulesPath, 'utf8')) as { readonly groups: readonly { readonly rules: Rule[] }[] };
const alerts = groups.flatMap(({ rules }) => rules).filter((rule) => rule.alert !== undefined);

function promtool(...args: readonly string[]): { readonly status: number | null; readonly output: string } {
  const result = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status: result.status, output: `${result.stdout}${result.stderr}` };
}

/** promtool's own test file: one group for what fires, one for what does not. */
function testFileOf({ alert, fires, quiet, interval = '1m', after = '20m' }: AlertCase): string {
  const group = (series: AlertCase['fires'], isFiring: boolean): object => ({
    interval,
    input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
    promql_expr_test: [
      {
        expr: `count(ALERTS{alertname="${alert}",alertstate="firing"}) > bool 0 or vector(0)`,
        eval_time: after,
        exp_samples: [{ labels: '{}', value: isFiring ? 1 : 0 }],
      },
    ],
  });
  return JSON.stringify({
    rule_files: [rulesPath],
    evaluation_interval: interval,
    tests: [group(fires, true), group(quiet, false)],
  });
}

test('promtool takes the rules', { skip }, () => {
  const { status, output } = promtool('check', 'rules', rulesPath);
  assert.equal(status, 0, output);
});

test('every alert has a case, a severity, a summary and a section of its own in docs/alerts.md', () => {
  const page = readFileSync(join(root, 'docs/alerts.md'), 'utf8');
  assert.ok(alerts.length > 25);
  assert.deepEqual(alertCases.map(({ alert }) => alert).toSorted(), alerts.map(({ alert = '' }) => alert).toSorted());
  for (const { alert = '', labels, annotations } of alerts) {
    assert.match(labels?.severity ?? '', /^(?:critical|warning)$/, alert);
    assert.ok((annotations?.summary ?? '').length > 10, alert);
    assert.equal(annotations?.runbook_url, `RUNBOOKS#${alert.toLowerCase()}`);
    assert.match(page, new RegExp(`^### ${alert}\n\n\\w`, 'm'));
  }
  const sections = [...page.matchAll(/^### (\w+)$/gm)].map(([, name = '']) => name);
  assert.deepEqual(sections.toSorted(), alerts.map(({ alert = '' }) => alert).toSorted());
});

for (const one of alertCases) {
  test(`${one.alert} fires when it should and not otherwise`, { skip }, (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'sluice-alerts-'));
    t.after(() => rmSync(directory, { recursive: true, force: true }));
    const file = join(directory, 'test.yaml');
    writeFileSync(file, testFileOf(one));
    const { status, output } = promtool('test', 'rules', file);
    assert.equal(status, 0, output);
  });
}
