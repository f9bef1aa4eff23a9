/** Many headless Services, each with an EndpointSlice: what a cluster has whether Sluice is there or not. */
import { inParallel, type KubeLaboratory } from './kube-laboratory.ts';

export interface ServicesToCreate {
  readonly namespace: string;
  readonly count: number;
  /** In each slice. */
  readonly endpoints: number;
  readonly atOnce: number;
}

export async function createServices({ api }: KubeLaboratory, services: ServicesToCreate): Promise<void> {
  const { namespace, count, atOnce } = services;
  const slices = `/apis/discovery.k8s.io/v1/namespaces/${namespace}/endpointslices`;
  await inParallel(count, atOnce, async (index) => {
    const name = `service-${index}`;
    await api.client.call(`/api/v1/namespaces/${namespace}/services`, {
      method: 'POST',
      body: { metadata: { name }, spec: { clusterIP: 'None', ports: [{ name: 'web', port: 80 }] } },
    });
    await api.client.call(slices, { method: 'POST', body: sliceOf(name, index, services.endpoints) });
  });
}

function sliceOf(service: string, index: number, endpoints: number): object {
  return {
    metadata: { name: `${service}-a`, labels: { 'kubernetes.io/service-name': service } },
    addressType: 'IPv4',
    endpoints: Array.from({ length: endpoints }, (_, at) => ({
      addresses: [`10.${(index >> 8) & 255}.${index & 255}.${1 + at}`],
      conditions: { ready: true, serving: true, terminating: false },
      nodeName: `node-${at}`,
      targetRef: { kind: 'Pod', name: `${service}-${at}`, namespace: 'bench' },
    })),
    ports: [{ name: 'web', port: 8080, protocol: 'TCP' }],
  };
}
