/** The ratios that a run must reach, as data. `limit` is inclusive. */
import type { Metric } from '../run/sample.ts';

interface TargetBase {
  readonly scenario: string;
  readonly text: string;
  readonly limit: number;
}

/** A paired ratio subject / other; with several others the worst one counts ("the better of"). */
export interface RatioTarget extends TargetBase {
  readonly kind: 'ratio';
  readonly metric: Metric;
  readonly subject: string;
  readonly against: readonly string[];
}

/** A median of the subject's own values. */
export interface ValueTarget extends TargetBase {
  readonly kind: 'value';
  readonly metric: Metric;
  readonly subject: string;
}

/** Bytes of user memory per idle connection. */
export interface MemoryTarget extends TargetBase {
  readonly kind: 'memory';
  readonly subject: string;
  readonly phase: 'before' | 'after';
}

export type Target = RatioTarget | ValueTarget | MemoryTarget;

const routers = ['haproxy', 'haproxy-2.8', 'nginx'];

function cpu(scenario: string, against: readonly string[], limit: number, text: string): RatioTarget {
  return { kind: 'ratio', metric: 'proxyCpu', subject: 'sluice', scenario, against, limit, text };
}

const bulk = ['down-8', 'down-64', 'up-8', 'up-64'].flatMap((scenario) => [
  cpu(scenario, ['haproxy'], 0.4, 'CPU per GB, of HAProxy as shipped'),
  cpu(scenario, ['haproxy-tuned'], 1, 'CPU per GB, of HAProxy tuned (aim 0.85)'),
]);

export const targets: readonly Target[] = [
  cpu('conn-64', routers, 0.88, 'CPU per connection, of the better of HAProxy and nginx'),
  cpu('conn-8', routers, 0.9, 'CPU per connection, of the better of HAProxy and nginx'),
  cpu('conn-1', routers, 1.05, 'CPU per connection, of the better of HAProxy and nginx'),
  ...bulk,
  cpu('ping-64', ['nginx'], 0.9, 'CPU per 64-byte round trip, of nginx'),
  {
    kind: 'memory',
    scenario: 'idle-memory',
    text: 'User memory per idle connection, bytes',
    subject: 'sluice',
    phase: 'before',
    limit: 1024,
  },
  {
    kind: 'memory',
    scenario: 'idle-memory',
    text: 'The same after traffic, bytes',
    subject: 'sluice',
    phase: 'after',
    limit: 1024,
  },
  cpu('socks5-64', ['microsocks'], 0.6, 'CPU per SOCKS5 connection, of microsocks'),
  cpu('connect-64', ['tinyproxy'], 0.6, 'CPU per HTTP CONNECT, of tinyproxy'),
  {
    kind: 'value',
    scenario: 'conn-64',
    text: 'TCP segments per connection, client to origin (a plain proxy: 20)',
    metric: 'packets',
    subject: 'sluice',
    limit: 17.5,
  },
  {
    kind: 'ratio',
    scenario: 'stall-8',
    text: 'p99 of an established relay while the main isolate stalls, of the same undisturbed ("unchanged": 1.10)',
    metric: 'p99',
    subject: 'sluice-stalled',
    against: ['sluice'],
    limit: 1.1,
  },
];
