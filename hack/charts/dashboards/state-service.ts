import type { DashboardPlan } from './dashboard.ts';

const here = 'namespace=~"$namespace"';
const rate = '$__rate_interval';

/** REST, database and outbox of the state service. */
export const stateService: DashboardPlan = {
  uid: 'sluice-state-service',
  title: 'Sluice / State service',
  namespacesOf: 'sluice_state_requests_active',
  rows: [
    {
      title: 'Requests',
      panels: [
        {
          title: 'Rate',
          help: 'In a second, by status.',
          unit: 'reqps',
          queries: [
            { expr: `sum by (status) (rate(sluice_state_requests_total{${here}}[${rate}]))`, legend: '{{status}}' },
          ],
        },
        {
          title: 'Duration',
          help: 'Half, 95 and 99 of 100 requests took at most so long.',
          unit: 's',
          queries: [0.5, 0.95, 0.99].map((quantile) => ({
            expr: `histogram_quantile(${quantile}, sum by (le) (rate(sluice_state_request_seconds_bucket{${here}}[${rate}])))`,
            legend: `p${quantile * 100}`,
          })),
        },
        {
          title: 'Slowest routes',
          help: 'Mean time of the five slowest.',
          unit: 's',
          queries: [
            {
              expr: `topk(5, sum by (method, route) (rate(sluice_state_request_seconds_sum{${here}}[${rate}])) / sum by (method, route) (rate(sluice_state_request_seconds_count{${here}}[${rate}])))`,
              legend: '{{method}} {{route}}',
            },
          ],
        },
        {
          title: 'Refused',
          help: 'Keys that are not valid, too many requests, too much at once.',
          unit: 'cps',
          queries: [
            {
              expr: `sum by (reason) (rate(sluice_state_auth_refusals_total{${here}}[${rate}]))`,
              legend: 'key {{reason}}',
            },
            {
              expr: `sum by (limit) (rate(sluice_state_rate_limited_total{${here}}[${rate}]))`,
              legend: 'rate {{limit}}',
            },
            { expr: `sum(rate(sluice_state_overload_refusals_total{${here}}[${rate}]))`, legend: 'overload' },
            { expr: `sum(sluice_state_requests_active{${here}})`, legend: 'worked on now' },
          ],
        },
      ],
    },
    {
      title: 'Database',
      panels: [
        {
          title: 'Connections',
          help: 'Used and idle, and their maximum, over all pods.',
          unit: 'short',
          queries: [{ expr: `sum by (state) (sluice_state_database_connections{${here}})`, legend: '{{state}}' }],
        },
        {
          title: 'Waiting for a connection',
          help: 'Above zero for long: the pool is too small or the database too slow.',
          unit: 'short',
          queries: [{ expr: `sum(sluice_state_database_waiting{${here}})`, legend: 'waiting' }],
        },
        {
          title: 'Failed operations',
          help: 'By reason; unknown commits are changes of which it is not known whether they were made.',
          unit: 'cps',
          queries: [
            {
              expr: `sum by (reason) (rate(sluice_state_database_unavailable_total{${here}}[${rate}]))`,
              legend: '{{reason}}',
            },
            {
              expr: `sum(rate(sluice_state_database_commits_unknown_total{${here}}[${rate}]))`,
              legend: 'unknown commits',
            },
          ],
        },
      ],
    },
    {
      title: 'Publishing',
      panels: [
        {
          title: 'Publishers',
          help: 'Exactly one of the pods publishes.',
          unit: 'short',
          queries: [{ expr: `sum(sluice_state_publisher_leader{${here}})`, legend: 'publishers' }],
        },
        {
          title: 'Outbox',
          help: 'Changes that no stored head counts in, and the age of the oldest.',
          unit: 'short',
          queries: [
            { expr: `max(sluice_state_outbox_rows{${here}})`, legend: 'rows' },
            { expr: `max(sluice_state_outbox_lag_seconds{${here}})`, legend: 'lag (s)' },
          ],
        },
        {
          title: 'Published',
          help: 'Changes in a second, and attempts that failed.',
          unit: 'cps',
          queries: [
            { expr: `sum(rate(sluice_state_published_changes_total{${here}}[${rate}]))`, legend: 'changes' },
            { expr: `sum(rate(sluice_state_publish_failures_total{${here}}[${rate}]))`, legend: 'failures' },
          ],
        },
        {
          title: 'Users and proxies',
          help: 'Users in the range, proxies that acknowledged lately, and the time from a change to its head.',
          unit: 'short',
          queries: [
            { expr: `max(sluice_state_published_users{${here}})`, legend: 'users' },
            { expr: `max(sluice_state_live_proxies{${here}})`, legend: 'proxies' },
            { expr: `max(sluice_state_publish_seconds{${here}})`, legend: 'to the head (s)' },
          ],
        },
      ],
    },
  ],
};
