/**
 * A candidate as a process: stands for a Lease and, while it leads, acts fifty times a second, asking `isHeld()` right before.
 * Writes a JSON line for whatever happens. Arguments: kubeconfig, namespace, identity.
 */
import { createHttpKubeClient } from '@sluice/kube/client/http-kube-client.ts';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import { createLeaderElector } from '@sluice/kube/election/create-leader-elector.ts';
import { createKubeMetrics } from '@sluice/kube/kube-metrics.ts';
import type { Leadership } from '@sluice/kube/port/leader-election.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';

const [path = '', namespace = '', identity = ''] = process.argv.slice(2);
const metrics = createKubeMetrics(createMetricsRegistry());
const client = createHttpKubeClient(
  { source: { kind: 'File', path }, userAgent: identity },
  { clock: systemClock, metrics: metrics.client },
);

function say(msg: string, fields: Readonly<Record<string, unknown>> = {}): void {
  process.stdout.write(`${JSON.stringify({ msg, identity, ...fields })}\n`);
}

let leading: Leadership | null = null;

const elector = createLeaderElector(
  {
    lease: { namespace, name: 'leader' },
    identity,
    leaseDurationMs: 6_000,
    renewDeadlineMs: 4_000,
    retryPeriodMs: 500,
  },
  {
    client,
    clock: systemClock,
    metrics: metrics.election.of('leader'),
    onGained: (leadership) => {
      leading = leadership;
      say('gained', { transitions: leadership.transitions });
    },
    onLost: (end) => {
      leading = null;
      say('lost', { end });
    },
    onError: (error) => say('failed', { reason: String(error) }),
  },
);

function act(): void {
  // Taken before the question: whoever is stopped in between answers it afterwards.
  const atMs = Date.now();
  if (leading?.isHeld() === true) say('acted', { atMs, transitions: leading.transitions });
  else if (leading !== null) say('refrained');
}

const ending = new AbortController();
process.on('SIGTERM', () => ending.abort());
elector.start();
say('ready');
for (; !ending.signal.aborted; await pause(20)) act();
await elector.stop();
await client.close();
say('stopped');
