/**
 * Dashboards and alert rules against what the processes of the chart really expose, through a real Prometheus: every metric and
 * label they name exists, every query is taken, and every metric of ours is on some dashboard.
 */
import assert from 'node:assert/strict';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, describe, test } from 'node:test';
import { eventually } from '@sluice/testkit/eventually.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { hasCommand } from '@sluice/testkit/has-command.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { findLoopbackPorts } from '@sluice/testkit/loopback-ports.ts';
import { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { PrometheusText } from '@sluice/testkit/prometheus-text.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';
import { parse } from 'yaml';
import { queryNames } from './promql-names.ts';
import { type RenderedInstallation, startRenderedInstallation } from './rendered-installation.ts';

const files = new URL('../../../charts/monitoring/files/', import.meta.url);
const missingPrometheus = hasCommand('prometheus') ? false : 'prometheus is not installed (hack/packages/test.list)';
const skip = (await whyNoKubeApi({ helm: true })) || (await whyNoNatsServer()) || missingPrometheus;
const ours = skip === false ? await startRenderedInstallation({ after }) : null;

/** Given by Prometheus to every series of a target, or by the text format to every bucket. */
const targetLabels = new Set(['namespace', 'pod', 'instance', 'job', 'le']);
/** Exposed, and of no use on a dashboard: each with the reason. */
const leftOut = new Map([['sluice_config_last_reload_timestamp_seconds', 'the age of a configuration is no fault']]);

interface Query {
  readonly where: string;
  readonly expr: string;
}

interface RuleFile {
  readonly groups: readonly {
    readonly rules: readonly { readonly record?: string; readonly alert?: string; readonly expr: string }[];
  }[];
}

interface Dashboard {
  readonly title: string;
  readonly templating: { readonly list: readonly { readonly query: string | { readonly query: string } }[] };
  readonly panels: readonly { readonly title: string; readonly targets?: readonly { readonly expr: string }[] }[];
}

const rules = (parse(await readFile(new URL('rules.yaml', files), 'utf8')) as RuleFile).groups.flatMap(
  (group) => group.rules,
);

async function readQueries(): Promise<readonly Query[]> {
  const queries: Query[] = rules.map(({ record, alert, expr }) => ({ where: `rule ${record ?? alert}`, expr }));
  for (const file of await readdir(new URL('dashboards/', files))) {
    const board = JSON.parse(await readFile(new URL(`dashboards/${file}`, files), 'utf8')) as Dashboard;
    for (const { title, targets = [] } of board.panels) {
      queries.push(...targets.map(({ expr }) => ({ where: `${board.title}: ${title}`, expr })));
    }
    for (const { query } of board.templating.list) {
      if (typeof query !== 'string') queries.push({ where: `${board.title}: variable`, expr: query.query });
    }
  }
  return queries;
}

const queries = await readQueries();

async function scrape({ address }: RenderedInstallation): Promise<string> {
  const ports = [9900, 9911, 9920] as const;
  const texts = await Promise.all(
    ports.map(async (port) => await (await fetch(`http://${address(port)}/metrics`)).text()),
  );
  return texts.join('\n');
}

/** A connection that no route takes, one that is answered, a request without a key and one with a wrong one. */
async function makeTraffic({ address }: RenderedInstallation): Promise<void> {
  const [host = '', port = ''] = address(8443).split(':');
  await runCommand('/usr/bin/nc', ['-w', '2', host, port], { input: 'SSH-2.0-test\r\n' });
  assert.equal((await fetch(`http://${address(8081)}/`)).status, 200);
  const answer = await fetch(`http://${address(9910)}/v1/users`);
  assert.equal(answer.status, 401);
}

describe('dashboards and alert rules', { skip }, () => {
  test('name metrics and labels that the processes expose', async () => {
    assert.ok(ours);
    await makeTraffic(ours);
    await eventually(async () => {
      const text = await scrape(ours);
      const types = new Set([...text.matchAll(/^# TYPE (?<name>\S+)/gm)].map((match) => match.groups?.['name']));
      const { samples } = new PrometheusText(text);
      const recorded = new Set(rules.flatMap(({ record = [] }) => record));
      assert.ok(queries.length > 100, `${queries.length} queries`);
      for (const { where, expr } of queries) {
        const names = queryNames(expr);
        assert.ok(names.metrics.size + names.recorded.size > 0, `${where} names no metric: ${expr}`);
        for (const name of names.recorded) assert.ok(recorded.has(name), `${where}: no rule records ${name}`);
        const known = new Set<string>(targetLabels);
        for (const [name, labels] of names.metrics) {
          assert.ok(
            types.has(name.replace(/_(?:bucket|sum|count)$/, '')) || types.has(name),
            `${where}: nobody exposes ${name}`,
          );
          const own = samples.filter((sample) => sample.name === name).flatMap((sample) => Object.keys(sample.labels));
          for (const label of own) known.add(label);
          for (const label of labels) {
            // What has not happened yet has no series: then the label is one that another process or a later moment shows.
            assert.ok(
              own.length === 0 || own.includes(label) || targetLabels.has(label),
              `${where}: ${name} has no ${label}`,
            );
          }
        }
        const silent = [...names.metrics.keys()].filter((name) => !samples.some((sample) => sample.name === name));
        for (const label of names.grouping) {
          assert.ok(known.has(label) || silent.length > 0 || names.recorded.size > 0, `${where}: nothing has ${label}`);
        }
      }
    });
  });

  test('leave out no metric of ours', async () => {
    assert.ok(ours);
    const text = await scrape(ours);
    const exposed = [...text.matchAll(/^# TYPE (?<name>sluice_\S+)/gm)];
    const all = queries.map(({ expr }) => expr).join('\n');
    const orphans = exposed.map((match) => match.groups?.['name'] ?? '').filter((name) => !all.includes(name));
    assert.deepEqual(
      orphans.filter((name) => !leftOut.has(name)),
      [],
    );
    for (const name of leftOut.keys())
      assert.ok(orphans.includes(name), `${name} is on a dashboard, or exposed by nobody`);
  });

  test('are taken by a real Prometheus that scrapes these processes', async (t) => {
    assert.ok(ours);
    const prometheus = await startPrometheus(t, ours);
    await eventually(
      async () => {
        const up = await queryPrometheus(prometheus, 'sum(up)');
        assert.deepEqual(up, [3]);
        // Two scrapes at least: rates have a value then.
        assert.deepEqual(await queryPrometheus(prometheus, 'min(count_over_time(up[1m])) >= bool 3'), [1]);
      },
      { timeoutMs: 40_000 },
    );
    let withValues = 0;
    for (const { where, expr } of queries.filter(({ expr: text }) => !text.startsWith('label_values'))) {
      const text = expr.replaceAll('$__rate_interval', '30s').replaceAll('$namespace', '.*');
      const values = await queryPrometheus(prometheus, text).catch((error: unknown) => {
        throw new Error(`${where}: ${expr}`, { cause: error });
      });
      if (values.length > 0) withValues++;
    }
    assert.ok(withValues > 70, `only ${withValues} of ${queries.length} queries have a value`);
  });
});

async function startPrometheus(
  scope: { after(close: () => void | Promise<void>): void },
  { address }: RenderedInstallation,
): Promise<string> {
  const directory = await createTemporaryDirectory(scope);
  const targets = ([9900, 9911, 9920] as const).map(address);
  const configuration = {
    global: { scrape_interval: '1s', evaluation_interval: '1s' },
    rule_files: [join(directory, 'rules.yaml')],
    scrape_configs: [{ job_name: 'sluice', static_configs: [{ targets, labels: { namespace: 'proxies' } }] }],
  };
  await writeFile(join(directory, 'prometheus.yml'), JSON.stringify(configuration));
  await writeFile(join(directory, 'rules.yaml'), await readFile(new URL('rules.yaml', files)));
  const { host, ports } = await findLoopbackPorts(1);
  const listen = `${host}:${ports[0] ?? 0}`;
  const process = new ProgramProcess(scope, {
    command: '/usr/bin/prometheus',
    args: [
      `--config.file=${join(directory, 'prometheus.yml')}`,
      `--storage.tsdb.path=${join(directory, 'data')}`,
      `--web.listen-address=${listen}`,
    ],
  });
  process.spawn();
  await eventually(async () => assert.equal((await fetch(`http://${listen}/-/ready`)).status, 200), {
    timeoutMs: 30_000,
  });
  return `http://${listen}`;
}

/** The values of an instant query; rejects for one that Prometheus refuses. */
async function queryPrometheus(prometheus: string, query: string): Promise<readonly number[]> {
  const answer = await fetch(`${prometheus}/api/v1/query`, { method: 'POST', body: new URLSearchParams({ query }) });
  const body = (await answer.json()) as {
    readonly status: string;
    readonly error?: string;
    readonly data?: { readonly result: readonly { readonly value: readonly [number, string] }[] };
  };
  if (body.status !== 'success') throw new Error(body.error);
  return (body.data?.result ?? []).map(({ value }) => Number(value[1]));
}
