import type { DashboardPlan } from './dashboard.ts';

const here = 'namespace=~"$namespace"';
const rate = '$__rate_interval';

/** The operator, by controller-runtime's names. */
export const operator: DashboardPlan = {
  uid: 'sluice-operator',
  title: 'Sluice / Operator',
  namespacesOf: 'leader_election_master_status',
  rows: [
    {
      title: 'Reconciling',
      panels: [
        {
          title: 'Leader',
          help: 'One process leads, the others stand by.',
          unit: 'short',
          queries: [{ expr: `leader_election_master_status{${here}}`, legend: '{{pod}} {{instance}}' }],
        },
        {
          title: 'Reconciliations',
          help: 'In a second, by controller and result.',
          unit: 'cps',
          queries: [
            {
              expr: `sum by (controller, result) (rate(controller_runtime_reconcile_total{${here}}[${rate}]))`,
              legend: '{{controller}} {{result}}',
            },
          ],
        },
        {
          title: 'Time of a reconciliation',
          help: '99 of 100 took at most so long.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le, controller) (rate(controller_runtime_reconcile_time_seconds_bucket{${here}}[${rate}])))`,
              legend: '{{controller}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Publishing routes and listeners',
      panels: [
        {
          title: 'Publishes',
          help: '1: this process publishes; changes that no head counts in yet.',
          unit: 'short',
          queries: [
            { expr: `sluice_operator_publishing{${here}}`, legend: '{{pod}} {{instance}}' },
            { expr: `max(sluice_operator_publish_waiting{${here}})`, legend: 'waiting' },
          ],
        },
        {
          title: 'Published',
          help: 'Resources in the range, and its epoch: it grows when another publisher takes over.',
          unit: 'short',
          queries: [
            { expr: `max(sluice_operator_published_resources{${here}})`, legend: 'resources' },
            { expr: `max(sluice_operator_publish_epoch{${here}})`, legend: 'epoch' },
          ],
        },
        {
          title: 'Revisions',
          help: 'Published in a second, and what else happened to the publisher.',
          unit: 'cps',
          queries: [
            { expr: `max(rate(sluice_operator_publish_revision{${here}}[${rate}]))`, legend: 'revisions' },
            {
              expr: `sum by (kind) (rate(sluice_operator_publisher_events_total{${here}}[${rate}]))`,
              legend: '{{kind}}',
            },
          ],
        },
        {
          title: 'Answers',
          help: 'Proxies that acknowledged lately, and statuses written in a second.',
          unit: 'short',
          queries: [
            { expr: `max(sluice_operator_live_proxies{${here}})`, legend: 'proxies' },
            {
              expr: `sum by (result) (rate(sluice_operator_statuses_total{${here}}[${rate}]))`,
              legend: 'status {{result}}',
            },
          ],
        },
      ],
    },
    {
      title: 'Users',
      panels: [
        {
          title: 'State service',
          help: '1: it answers the operator that leads; 0: changes of ProxyUsers wait for it. Nothing: no ProxyUsers are kept.',
          unit: 'short',
          queries: [{ expr: `sluice_operator_state_service_available{${here}}`, legend: '{{pod}} {{instance}}' }],
        },
      ],
    },
    {
      title: 'Queues',
      panels: [
        {
          title: 'Depth',
          help: 'Objects that wait for their turn.',
          unit: 'short',
          queries: [{ expr: `sum by (name) (workqueue_depth{${here}})`, legend: '{{name}}' }],
        },
        {
          title: 'Waiting',
          help: '99 of 100 objects waited at most so long.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le, name) (rate(workqueue_queue_duration_seconds_bucket{${here}}[${rate}])))`,
              legend: '{{name}}',
            },
          ],
        },
        {
          title: 'Added and repeated',
          help: 'Repeated: an attempt failed.',
          unit: 'cps',
          queries: [
            { expr: `sum by (name) (rate(workqueue_adds_total{${here}}[${rate}]))`, legend: '{{name}} added' },
            { expr: `sum by (name) (rate(workqueue_retries_total{${here}}[${rate}]))`, legend: '{{name}} repeated' },
          ],
        },
        {
          title: 'Longest work',
          help: 'What is worked on now has taken so long.',
          unit: 's',
          queries: [
            { expr: `max by (name) (workqueue_longest_running_processor_seconds{${here}})`, legend: '{{name}}' },
          ],
        },
      ],
    },
    {
      title: 'API server',
      panels: [
        {
          title: 'Requests',
          help: 'In a second, by status code.',
          unit: 'reqps',
          queries: [
            {
              expr: `sum by (method, code) (rate(rest_client_requests_total{${here}}[${rate}]))`,
              legend: '{{method}} {{code}}',
            },
          ],
        },
        {
          title: 'Time of a request',
          help: '99 of 100 took at most so long.',
          unit: 's',
          queries: [
            {
              expr: `histogram_quantile(0.99, sum by (le, verb) (rate(rest_client_request_duration_seconds_bucket{${here}}[${rate}])))`,
              legend: '{{verb}}',
            },
          ],
        },
        {
          title: 'Silence of watches',
          help: 'Since the API server last said something about the resource; bookmarks come every minute.',
          unit: 's',
          queries: [
            {
              expr: `time() - min by (resource) (reflector_last_contact_timestamp_seconds{${here}})`,
              legend: '{{resource}}',
            },
          ],
        },
        {
          title: 'Objects in memory',
          help: 'By resource, in one process.',
          unit: 'short',
          queries: [{ expr: `max by (resource) (reflector_objects{${here}})`, legend: '{{resource}}' }],
        },
      ],
    },
  ],
};
