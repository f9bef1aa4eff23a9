import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { startNatsServer } from '@sluice/testkit/nats-server.ts';
import { testConfigBus } from '../port/config-bus-contract.ts';
import { natsHarness } from './nats-harness.ts';

testConfigBus({
  name: 'NATS',
  skip: await whyNoNatsServer(),
  start: async (t) => natsHarness(t, await startNatsServer(t)),
});
