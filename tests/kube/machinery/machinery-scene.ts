/** The machinery against a real API server: a client of its own for each test, and the kind that tests have. */
import { fileURLToPath } from 'node:url';
import type { Condition } from '@sluice/kube/apply/condition.ts';
import { createHttpKubeClient } from '@sluice/kube/client/http-kube-client.ts';
import { systemClock } from '@sluice/kube/clock/system-clock.ts';
import { createKubeMetrics, type KubeMetrics } from '@sluice/kube/kube-metrics.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import type { KubeObject } from '@sluice/kube/port/kube-object.ts';
import type { Resource } from '@sluice/kube/port/resource.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { createMetricsRegistry } from '@sluice/runtime/metrics.ts';

export interface Widget extends KubeObject {
  readonly spec?: { readonly color?: string; readonly size?: number };
  readonly status?: { readonly observedGeneration?: number; readonly conditions?: readonly Condition[] };
}

export const widgets: Resource<Widget> = {
  group: 'testing.sluice.dev',
  version: 'v1',
  plural: 'widgets',
  kind: 'Widget',
  namespaced: true,
};

export const widgetCrd: string = fileURLToPath(new URL('../fixtures/widgets.crd.yaml', import.meta.url));

export interface Machinery {
  readonly client: KubeClient;
  readonly metrics: KubeMetrics;
  /** Of all families whose names begin so. */
  readonly samples: (prefix: string) => Promise<string>;
}

export function openMachinery(t: CleanupScope, kubeconfigPath: string): Machinery {
  const registry = createMetricsRegistry();
  const metrics = createKubeMetrics(registry);
  const client = createHttpKubeClient(
    { source: { kind: 'File', path: kubeconfigPath }, userAgent: 'machinery-test/1', qps: 500, burst: 500 },
    { clock: systemClock, metrics: metrics.client },
  );
  t.after(() => client.close());
  const samples = async (prefix: string): Promise<string> => {
    const lines = (await registry.metrics()).split('\n');
    return lines.filter((line) => line.startsWith(prefix)).join('\n');
  };
  return { client, metrics, samples };
}
