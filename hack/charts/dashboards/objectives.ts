import type { DashboardPlan } from './dashboard.ts';

const windows = ['5m', '1h', '6h', '3d'] as const;

/** The two objectives that the alert rules watch, and how fast their budgets burn. */
export const objectives: DashboardPlan = {
  uid: 'sluice-objectives',
  title: 'Sluice / Objectives',
  namespacesOf: 'sluice_build_info',
  rows: [
    {
      title: 'Availability: 99.9 % of connections are not failed by the proxy or its upstreams',
      panels: [
        {
          title: 'Failed connections',
          help: 'Of all that ended, by window; the budget is 0.1 %.',
          unit: 'percentunit',
          queries: windows.map((window) => ({
            expr: `sluice:connections_failed:ratio_rate${window}`,
            legend: window,
          })),
        },
        {
          title: 'Burn rate',
          help: 'At 1 the budget of 30 days lasts 30 days; at 14.4 it is gone in two.',
          unit: 'short',
          queries: windows.map((window) => ({
            expr: `sluice:connections_failed:ratio_rate${window} / 0.001`,
            legend: window,
          })),
        },
      ],
    },
    {
      title: 'Latency: 99 % of upstream connections are made within 250 ms',
      panels: [
        {
          title: 'Slow connects',
          help: 'Of all that were made, by window; the budget is 1 %.',
          unit: 'percentunit',
          queries: windows.map((window) => ({ expr: `sluice:connects_slow:ratio_rate${window}`, legend: window })),
        },
        {
          title: 'Burn rate',
          help: 'At 1 the budget of 30 days lasts 30 days.',
          unit: 'short',
          queries: windows.map((window) => ({
            expr: `sluice:connects_slow:ratio_rate${window} / 0.01`,
            legend: window,
          })),
        },
      ],
    },
  ],
};
