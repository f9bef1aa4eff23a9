/** The contract that clients rely on, checked on the real API server; the fake is held to the same in packages/testkit/test/kube. */
import { after } from 'node:test';
import { fileURLToPath } from 'node:url';
import { runApiContract } from '@sluice/testkit/kube/contract/run-api-contract.ts';
import { whyNoKubeApi } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type OwnKubeApi, startKubeApi } from '@sluice/testkit/kube/start-kube-api.ts';

const crd = fileURLToPath(new URL('fixtures/widgets.crd.yaml', import.meta.url));
const skips = { server: await whyNoKubeApi(), controllers: await whyNoKubeApi({ pods: true }) };

/** A server of this file's own: forgetting the past is a restart. */
async function openServer(): Promise<OwnKubeApi> {
  const api = await startKubeApi({ after }, { nodes: 1 });
  await api.installCrds(crd);
  return api;
}

const opened = skips.server === false ? openServer() : undefined;

runApiContract(async () => {
  const api = await opened;
  if (api === undefined) throw new Error('skipped');
  return {
    client: api.client,
    createNamespace: (scope) => api.createNamespace(scope),
    forgetPast: async () => {
      const { resourceVersion } = (await api.client.call('/apis/testing.sluice.dev/v1/widgets')).metadata;
      await api.compactEtcd(resourceVersion);
      await api.restart();
      await api.installCrds(crd); // until its kinds are served again
    },
  };
}, skips);
