/** The kinds on the shared API server, and what it says to an object of them. */
import { fileURLToPath } from 'node:url';
import { apiVersion, type ResourceNames } from '@sluice/contract/resources/api-group.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import type { KubeApi } from '@sluice/testkit/kube/kube-api.ts';
import type { KubeAnswer, KubeRequest } from '@sluice/testkit/kube/kube-client.ts';
import { sharedKubeApi } from '@sluice/testkit/kube/shared-kube-api.ts';

export const crdFolder = fileURLToPath(new URL('../../../deploy/crds', import.meta.url));
export const policyFolder = fileURLToPath(new URL('../../../deploy/policies', import.meta.url));

export type Kind = ResourceNames['kind'];

export const pluralOf = {
  ProxyRoute: 'proxyroutes',
  ProxyUser: 'proxyusers',
  ProxyListener: 'proxylisteners',
} as const satisfies Readonly<Record<Kind, string>>;

export interface Verdict {
  readonly isAccepted: boolean;
  /** `field: message` of each cause; the whole message when there are none. */
  readonly causes: readonly string[];
}

interface Status {
  readonly message?: string;
  readonly details?: { readonly causes?: readonly { readonly field?: string; readonly message?: string }[] };
}

export function verdictOf(answer: KubeAnswer): Verdict {
  if (answer.status < 300) return { isAccepted: true, causes: [] };
  const { message = '', details } = answer.body as unknown as Status;
  const causes = (details?.causes ?? []).map((cause) => `${cause.field ?? ''}: ${cause.message ?? ''}`);
  return { isAccepted: false, causes: causes.length === 0 ? [message] : causes };
}

export class CrdScene {
  readonly api: KubeApi;
  readonly namespace: string;

  constructor(api: KubeApi, namespace: string) {
    this.api = api;
    this.namespace = namespace;
  }

  pathOf(kind: Kind, name?: string): string {
    const group = `/apis/${apiVersion}/namespaces/${this.namespace}/${pluralOf[kind]}`;
    return name === undefined ? group : `${group}/${name}`;
  }

  /** What would become of the object, unknown fields refused. */
  async judge(kind: Kind, spec: unknown, name = 'a'): Promise<Verdict> {
    return verdictOf(await this.create(kind, { name, spec, query: { dryRun: 'All' } }));
  }

  async create(
    kind: Kind,
    {
      name,
      spec,
      query = {},
    }: { readonly name: string; readonly spec: unknown; readonly query?: KubeRequest['query'] },
  ): Promise<KubeAnswer> {
    return await this.api.client.send(this.pathOf(kind), {
      method: 'POST',
      query: { fieldValidation: 'Strict', ...query },
      body: { apiVersion, kind, metadata: { name }, spec },
    });
  }
}

/** The CRDs of deploy/crds on the shared server, and a namespace of the test's own. */
export async function openCrdScene(scope: CleanupScope): Promise<CrdScene> {
  const api = await sharedKubeApi();
  await api.installCrds(crdFolder);
  return new CrdScene(api, await api.createNamespace(scope));
}
