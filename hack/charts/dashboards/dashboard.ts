/** A dashboard of Grafana, from rows of panels. Pure: the same rows give the same text. */

export interface PanelQuery {
  readonly expr: string;
  /** With labels in braces: `{{listener}}`. */
  readonly legend: string;
}

export interface PanelPlan {
  readonly title: string;
  /** What it shows and when to worry. */
  readonly help: string;
  /** `short`, `s`, `bytes`, `Bps`, `percentunit` … as Grafana names them. */
  readonly unit: string;
  /** `timeseries` unless given. */
  readonly kind?: 'timeseries' | 'stat' | 'table';
  readonly queries: readonly PanelQuery[];
}

export interface DashboardPlan {
  readonly uid: string;
  readonly title: string;
  /** A metric that every process of the dashboard has: its namespaces are what can be chosen. */
  readonly namespacesOf: string;
  readonly rows: readonly { readonly title: string; readonly panels: readonly PanelPlan[] }[];
}

type Json = { readonly [key: string]: unknown };

const gridWidth = 24;
const panelHeight = 8;
const statHeight = 4;
const schemaVersion = 39;
const datasource = { type: 'prometheus', uid: '${datasource}' };

export function renderDashboard({ uid, title, namespacesOf, rows }: DashboardPlan): string {
  const panels: Json[] = [];
  let y = 0;
  for (const row of rows) {
    panels.push({
      id: panels.length + 1,
      type: 'row',
      title: row.title,
      gridPos: { x: 0, y, w: gridWidth, h: 1 },
      panels: [],
    });
    y += 1;
    const width = Math.floor(gridWidth / Math.min(row.panels.length, 4));
    const height = row.panels.every(({ kind }) => kind === 'stat') ? statHeight : panelHeight;
    for (const [index, plan] of row.panels.entries()) {
      const perLine = Math.floor(gridWidth / width);
      const place = { x: (index % perLine) * width, y: y + Math.floor(index / perLine) * height, w: width, h: height };
      panels.push(renderPanel(plan, panels.length + 1, place));
    }
    y += Math.ceil(row.panels.length / Math.floor(gridWidth / width)) * height;
  }
  return `${JSON.stringify({ ...frameOf(uid, title, namespacesOf), panels }, null, 1)}\n`;
}

function frameOf(uid: string, title: string, namespacesOf: string): Json {
  return {
    uid,
    title,
    tags: ['sluice'],
    schemaVersion,
    editable: true,
    graphTooltip: 1,
    refresh: '30s',
    time: { from: 'now-3h', to: 'now' },
    templating: {
      list: [
        { name: 'datasource', type: 'datasource', query: 'prometheus', label: 'Data source' },
        {
          name: 'namespace',
          type: 'query',
          label: 'Namespace',
          datasource,
          query: { query: `label_values(${namespacesOf}, namespace)`, refId: 'namespace' },
          refresh: 2,
          includeAll: true,
          multi: true,
          // Prometheus without Kubernetes has no namespaces: an empty one is one of them.
          allValue: '.*',
          current: { text: 'All', value: '$__all' },
        },
      ],
    },
  };
}

function renderPanel({ title, help, unit, kind = 'timeseries', queries }: PanelPlan, id: number, gridPos: Json): Json {
  return {
    id,
    type: kind,
    title,
    description: help,
    gridPos,
    datasource,
    fieldConfig: {
      defaults: { unit, ...(kind === 'timeseries' ? { min: 0, custom: { fillOpacity: 10 } } : {}) },
      overrides: [],
    },
    options:
      kind === 'timeseries' ? { tooltip: { mode: 'multi' }, legend: { displayMode: 'list', placement: 'bottom' } } : {},
    targets: queries.map(({ expr, legend }, index) => ({
      refId: 'ABCDEFGH'.charAt(index),
      datasource,
      expr,
      legendFormat: legend,
      ...(kind === 'timeseries'
        ? { range: true }
        : { instant: true, ...(kind === 'table' ? { format: 'table' } : {}) }),
    })),
  };
}
