import type { DashboardPlan } from './dashboard.ts';

const here = 'namespace=~"$namespace"';
const rate = '$__rate_interval';

/** Is what was published in force on every proxy? */
export const configuration: DashboardPlan = {
  uid: 'sluice-configuration',
  title: 'Sluice / Configuration plane',
  namespacesOf: 'sluice_build_info',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Proxies without NATS',
          help: 'They serve what they have; changes do not reach them.',
          unit: 'short',
          kind: 'stat',
          queries: [{ expr: `count(sluice_control_connected{${here}} == 0) or vector(0)`, legend: 'proxies' }],
        },
        {
          title: 'Oldest configuration',
          help: 'Since a publisher confirmed what a proxy has in force.',
          unit: 's',
          kind: 'stat',
          queries: [{ expr: `max by (range) (sluice_config_age_seconds{${here}})`, legend: '{{range}}' }],
        },
        {
          title: 'Rejected resources',
          help: 'On the proxy that rejects most; `sluice status` and the status of the object have the reason.',
          unit: 'short',
          kind: 'stat',
          queries: [{ expr: `max by (range) (sluice_config_rejected{${here}})`, legend: '{{range}}' }],
        },
        {
          title: 'Revisions behind',
          help: 'Between the proxy that has most and the one that has least in force.',
          unit: 'short',
          kind: 'stat',
          queries: [
            {
              expr: `max by (range) (sluice_config_revision{${here}}) - min by (range) (sluice_config_revision{${here}})`,
              legend: '{{range}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Over time',
      panels: [
        {
          title: 'Revision',
          help: 'Of what is in force; the lines lie on each other while all proxies follow.',
          unit: 'short',
          queries: [{ expr: `sluice_config_revision{${here}}`, legend: '{{range}} {{pod}} {{instance}}' }],
        },
        {
          title: 'Age',
          help: 'Two seconds while a publisher is there; growing: none reaches the proxy.',
          unit: 's',
          queries: [{ expr: `sluice_config_age_seconds{${here}}`, legend: '{{range}} {{pod}} {{instance}}' }],
        },
        {
          title: 'Resources',
          help: 'Live resources of each range.',
          unit: 'short',
          queries: [{ expr: `max by (range) (sluice_config_resources{${here}})`, legend: '{{range}}' }],
        },
        {
          title: 'Epoch',
          help: 'Grows when another publisher takes over.',
          unit: 'short',
          queries: [{ expr: `max by (range) (sluice_config_epoch{${here}})`, legend: '{{range}}' }],
        },
      ],
    },
    {
      title: 'Applying',
      panels: [
        {
          title: 'Changes put in force',
          help: 'In a second, over all proxies.',
          unit: 'cps',
          queries: [
            { expr: `sum by (range) (rate(sluice_config_apply_seconds_count{${here}}[${rate}]))`, legend: '{{range}}' },
          ],
        },
        {
          title: 'Time of a change',
          help: 'Mean, on the decision isolate.',
          unit: 's',
          queries: [
            {
              expr: `sum by (range) (rate(sluice_config_apply_seconds_sum{${here}}[${rate}])) / sum by (range) (rate(sluice_config_apply_seconds_count{${here}}[${rate}]))`,
              legend: '{{range}}',
            },
          ],
        },
        {
          title: 'Doubts and snapshots',
          help: 'A proxy that doubts takes a snapshot; what is in force stays.',
          unit: 'cps',
          queries: [
            {
              expr: `sum by (range, event) (rate(sluice_config_events_total{${here}}[${rate}]))`,
              legend: '{{range}} {{event}}',
            },
          ],
        },
        {
          title: 'Reloads of sluice.yaml',
          help: 'Rejected: what was written is not what runs.',
          unit: 'short',
          queries: [
            { expr: `sum by (result) (increase(sluice_config_reloads_total{${here}}[${rate}]))`, legend: '{{result}}' },
          ],
        },
      ],
    },
  ],
};
