import type { DashboardPlan } from './dashboard.ts';

const here = 'namespace=~"$namespace"';
const rate = '$__rate_interval';
const refused = 'ConnectRefused|ConnectTimeout|Unreachable|ResolveFailed';

/** Traffic: rate, errors, durations, saturation. */
export const overview: DashboardPlan = {
  uid: 'sluice-overview',
  title: 'Sluice / Overview',
  namespacesOf: 'sluice_build_info',
  rows: [
    {
      title: 'Now',
      panels: [
        {
          title: 'Proxies',
          help: 'Processes that are scraped.',
          unit: 'short',
          kind: 'stat',
          queries: [{ expr: `count(sluice_build_info{${here}})`, legend: 'proxies' }],
        },
        {
          title: 'Open connections',
          help: 'Over all listeners.',
          unit: 'short',
          kind: 'stat',
          queries: [{ expr: `sum(sluice_connections_active{${here}})`, legend: 'open' }],
        },
        {
          title: 'New connections',
          help: 'Accepted in a second.',
          unit: 'cps',
          kind: 'stat',
          queries: [{ expr: `sum(rate(sluice_connections_accepted_total{${here}}[${rate}]))`, legend: 'accepted' }],
        },
        {
          title: 'Bytes',
          help: 'Both directions.',
          unit: 'Bps',
          kind: 'stat',
          queries: [{ expr: `sum(rate(sluice_bytes_total{${here}}[${rate}]))`, legend: 'bytes' }],
        },
      ],
    },
    {
      title: 'Traffic',
      panels: [
        {
          title: 'Accepted',
          help: 'Connections in a second, by listener; the refused ones included.',
          unit: 'cps',
          queries: [
            {
              expr: `sum by (listener) (rate(sluice_connections_accepted_total{${here}}[${rate}]))`,
              legend: '{{listener}}',
            },
          ],
        },
        {
          title: 'Open',
          help: 'Connections that are open, by listener.',
          unit: 'short',
          queries: [{ expr: `sum by (listener) (sluice_connections_active{${here}})`, legend: '{{listener}}' }],
        },
        {
          title: 'Bytes',
          help: 'From clients (up) and to clients (down), as they flow.',
          unit: 'Bps',
          queries: [
            {
              expr: `sum by (listener, direction) (rate(sluice_bytes_total{${here}}[${rate}]))`,
              legend: '{{listener}} {{direction}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Errors',
      panels: [
        {
          title: 'Ends by reason',
          help: 'Why connections ended; docs/operations.md says what each reason means.',
          unit: 'cps',
          queries: [
            { expr: `sum by (reason) (rate(sluice_connections_closed_total{${here}}[${rate}]))`, legend: '{{reason}}' },
          ],
        },
        {
          title: 'Upstreams that failed',
          help: 'The last endpoint tried refused, did not answer or has no address; of all ends.',
          unit: 'percentunit',
          queries: [
            {
              expr: `sum(rate(sluice_connections_closed_total{${here},reason=~"${refused}"}[${rate}])) / sum(rate(sluice_connections_closed_total{${here}}[${rate}]))`,
              legend: 'failed',
            },
          ],
        },
        {
          title: 'Limits reached',
          help: 'Maxima that shed or delayed new work. All but pipes are worth a look.',
          unit: 'cps',
          queries: [
            { expr: `sum by (limit) (rate(sluice_limit_reached_total{${here}}[${rate}]))`, legend: '{{limit}}' },
          ],
        },
      ],
    },
    {
      title: 'Durations',
      panels: [
        ...(['detect', 'decide', 'connect', 'first_byte'] as const).map((phase) => ({
          title: `Phase ${phase}`,
          help: 'Half, 95 and 99 of 100 connections took at most so long.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(sluice_connection_phase_seconds_bucket{${here},phase="${phase}"}[${rate}])))`,
            legend: `p${quantile * 100}`,
          })),
        })),
      ],
    },
    {
      title: 'Saturation',
      panels: [
        {
          title: 'Descriptors',
          help: 'In use, of those there are. At 1 accepting pauses.',
          unit: 'percentunit',
          queries: [
            {
              expr: `sluice_engine_fds_in_use{${here}} / sluice_engine_fds_max{${here}}`,
              legend: '{{pod}} {{instance}}',
            },
          ],
        },
        {
          title: 'Slots and pipes',
          help: 'In use, of those there are.',
          unit: 'percentunit',
          queries: [
            { expr: `max(sluice_engine_slots_in_use{${here}} / sluice_engine_slots_max{${here}})`, legend: 'slots' },
            { expr: `max(sluice_engine_pipes_in_use{${here}} / sluice_engine_pipes_max{${here}})`, legend: 'pipes' },
            {
              expr: `max(sluice_engine_connections_in_use{${here}} / sluice_engine_connections_max{${here}})`,
              legend: 'connections',
            },
          ],
        },
        {
          title: 'Pauses of decisions',
          help: 'How often in a second the decision isolate did one thing for at least so many seconds.',
          unit: 'cps',
          queries: [
            {
              expr: `sum by (at_least) (rate(sluice_decision_pauses_total{${here}}[${rate}]))`,
              legend: '≥ {{at_least}} s',
            },
            { expr: `max(sluice_decision_pause_seconds{${here}})`, legend: 'longest since the start (s)' },
          ],
        },
        {
          title: 'CPU and memory',
          help: 'Of each process, and log lines that nobody took.',
          unit: 'short',
          queries: [
            {
              expr: `rate(process_cpu_seconds_total{${here}}[${rate}]) and on (instance) sluice_build_info{${here}}`,
              legend: 'CPU {{pod}} {{instance}}',
            },
            {
              expr: `(process_resident_memory_bytes{${here}} and on (instance) sluice_build_info{${here}}) / 2^30`,
              legend: 'GiB {{pod}} {{instance}}',
            },
            { expr: `sum(rate(sluice_log_lines_dropped_total{${here}}[${rate}]))`, legend: 'log lines dropped' },
          ],
        },
      ],
    },
  ],
};
