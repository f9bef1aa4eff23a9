/** Resources of Sluice in the namespace of one test, put there as `kubectl apply` does, without its start-up time. */
import { apiVersion } from '@sluice/contract/resources/api-group.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';

export class NamespacedResources {
  readonly api: KubeApi;
  readonly namespace: string;

  constructor(api: KubeApi, namespace: string) {
    this.api = api;
    this.namespace = namespace;
  }

  /** Of one object, or of all of the kind. */
  pathOf(plural: string, name?: string): string {
    const group = `/apis/${apiVersion}/namespaces/${this.namespace}/${plural}`;
    return name === undefined ? group : `${group}/${name}`;
  }

  async apply(kind: string, plural: string, name: string, spec: unknown): Promise<void> {
    await this.api.client.call(this.pathOf(plural, name), {
      method: 'PATCH',
      query: { fieldManager: 'test', force: 'true' },
      contentType: 'application/apply-patch+yaml',
      body: { apiVersion, kind, metadata: { name, namespace: this.namespace }, spec },
    });
  }

  async applyRoute(name: string, spec: unknown): Promise<void> {
    await this.apply('ProxyRoute', 'proxyroutes', name, spec);
  }
}
