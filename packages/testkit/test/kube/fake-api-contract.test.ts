/** The fake keeps the contract that the real API server is held to in tests/kube/api-contract.test.ts. */
import { after } from 'node:test';
import { runApiContract } from '../../src/kube/contract/run-api-contract.ts';
import { startFakeKube } from '../../src/kube/fake/start-fake-kube.ts';
import { widgetResource } from '../../src/kube/fake/widget-resource.ts';

const kube = await startFakeKube({ after }, { resources: [widgetResource] });

runApiContract(async () => ({
  client: kube.client,
  createNamespace: (scope) => kube.createNamespace(scope),
  forgetPast: async () => kube.compact(),
}));
