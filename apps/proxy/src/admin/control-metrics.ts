/**
 * The metrics of live configuration, read from its status when a scrape asks; nothing is exported where the file has no
 * control. Labels are ranges and the replica's own counters: nobody outside chooses them.
 */
import type { Sample, ScrapedMetric } from '@sluice/runtime/scraped-metric.ts';
import type { ControlRangeStatus, ControlStatus } from '../control/live/control-status.ts';

type Read = (status: ControlRangeStatus) => number | null;

const gauges: readonly (readonly [name: string, help: string, read: Read])[] = [
  ['sluice_config_revision', 'The revision of the range that is in force.', ({ revision }) => revision],
  ['sluice_config_epoch', 'The epoch of the publisher of what is in force.', ({ epoch }) => epoch],
  ['sluice_config_resources', 'Live resources of the range, rejected ones included.', ({ count }) => count],
  [
    'sluice_config_rejected',
    'Live resources that are not in force as published.',
    ({ rejectedCount }) => rejectedCount,
  ],
  [
    'sluice_config_age_seconds',
    'Time since a publisher confirmed what is in force; absent before the first.',
    ({ ageSeconds }) => ageSeconds,
  ],
];

export function controlMetrics(control: () => ControlStatus | null): readonly ScrapedMetric[] {
  const each = (samples: (status: ControlRangeStatus) => readonly Sample[]): Sample[] =>
    (control()?.ranges ?? []).flatMap(samples);
  return [
    {
      name: 'sluice_control_connected',
      help: 'Whether the message system of live configuration answers.',
      type: 'gauge',
      read: () => {
        const status = control();
        return status === null ? [] : [{ labels: {}, value: status.isConnected ? 1 : 0 }];
      },
    },
    ...gauges.map(
      ([name, help, read]): ScrapedMetric => ({
        name,
        help,
        type: 'gauge',
        read: () =>
          each((status) => {
            const value = read(status);
            return value === null ? [] : [{ labels: { range: status.range }, value }];
          }),
      }),
    ),
    {
      name: 'sluice_config_apply_seconds',
      help: 'Changes put in force, and the time that took.',
      type: 'histogram',
      read: () => each(({ range, applied }) => applySamples(range, applied)),
    },
    {
      name: 'sluice_config_events_total',
      help: 'What happened to the range: snapshots, watches lost, entries left out and others.',
      type: 'counter',
      read: () =>
        each(({ range, counters }) =>
          Object.entries(counters).map(([event, value]) => ({ labels: { range, event }, value })),
        ),
    },
  ];
}

/** A histogram of one bucket: count and sum are what is asked for. */
function applySamples(range: string, { count, seconds }: ControlRangeStatus['applied']): readonly Sample[] {
  const name = 'sluice_config_apply_seconds';
  return [
    { metricName: `${name}_bucket`, labels: { range, le: '+Inf' }, value: count },
    { metricName: `${name}_sum`, labels: { range }, value: seconds },
    { metricName: `${name}_count`, labels: { range }, value: count },
  ];
}
