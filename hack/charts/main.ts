/**
 * Writes what follows from other files: a values.schema.json for each chart, the reference in README.md of the umbrella, and the
 * dashboards.
 * `main.ts TREE [--check]`: `--check` writes nothing, names each file that is not up to date, and fails.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { configuration } from './dashboards/configuration.ts';
import { type DashboardPlan, renderDashboard } from './dashboards/dashboard.ts';
import { objectives } from './dashboards/objectives.ts';
import { operator } from './dashboards/operator.ts';
import { overview } from './dashboards/overview.ts';
import { stateService } from './dashboards/state-service.ts';
import { readChartValues } from './chart-values.ts';
import { renderReference, type ValuesOfChart } from './values-readme.ts';
import { type JsonSchema, valuesSchema } from './values-schema.ts';

/** Folder, key in the umbrella, title. */
const parts = [
  ['crds', 'crds', 'Definitions'],
  ['proxy', 'proxy', 'Proxy'],
  ['state-service', 'stateService', 'State service'],
  ['operator', 'operator', 'Operator'],
  ['nats', 'nats', 'NATS'],
  ['postgres', 'postgres', 'PostgreSQL'],
  ['monitoring', 'monitoring', 'Monitoring'],
] as const;
const dashboards: readonly DashboardPlan[] = [overview, configuration, operator, stateService, objectives];
const beginMark = '<!-- The values: written by hack/update/charts.sh. -->\n';
const endMark = '<!-- End of the values. -->\n';

const [tree = '.', ...flags] = process.argv.slice(2);
const root = join(tree, 'charts');
const isCheck = flags.includes('--check');

function valuesOf(folder: string): ValuesOfChart['values'] {
  const values = readChartValues(readFileSync(join(root, folder, 'values.yaml'), 'utf8'));
  if (values.undocumented.length > 0) {
    throw new Error(`charts/${folder}/values.yaml: without a description: ${values.undocumented.join(', ')}`);
  }
  return values;
}

function schemaText(schema: JsonSchema): string {
  return `${JSON.stringify(schema, null, 2)}\n`;
}

function replaceReference(readme: string, reference: string): string {
  const [before, rest = ''] = readme.split(beginMark);
  const [, after = ''] = rest.split(endMark);
  return `${before}${beginMark}\n${reference}\n${endMark}${after}`;
}

function expectedFiles(): ReadonlyMap<string, string> {
  const files = new Map<string, string>();
  const anyObject: JsonSchema = { type: 'object' };
  const charts = parts.map(([folder, prefix, title]) => ({ folder, prefix, title, values: valuesOf(folder) }));
  for (const { folder, values } of charts) {
    files.set(join(folder, 'values.schema.json'), schemaText(valuesSchema(values, { global: anyObject })));
  }
  for (const plan of dashboards) {
    const file = `${plan.uid.replace('sluice-', '')}.json`;
    files.set(join('monitoring', 'files', 'dashboards', file), renderDashboard(plan));
  }
  const umbrella = valuesOf('umbrella');
  // What is inside them is judged by their own schemas.
  const inside = Object.fromEntries(charts.map(({ prefix }) => [prefix, anyObject]));
  files.set(
    join('umbrella', 'values.schema.json'),
    schemaText(valuesSchema(umbrella, { ...inside, library: anyObject })),
  );
  const reference = renderReference([{ title: 'Shared', prefix: '', values: umbrella }, ...charts]);
  const readme = join('umbrella', 'README.md');
  files.set(readme, replaceReference(readFileSync(join(root, readme), 'utf8'), reference));
  return files;
}

let stale = 0;
for (const [file, text] of expectedFiles()) {
  const path = join(root, file);
  if (!isCheck) {
    writeFileSync(path, text);
  } else if (readText(path) !== text) {
    process.stderr.write(`charts/${file}: not what values.yaml says (run hack/update/charts.sh)\n`);
    stale++;
  }
}
process.exitCode = stale === 0 ? 0 : 1;

function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}
