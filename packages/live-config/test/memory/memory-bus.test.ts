import type { MemoryBus } from '../../src/memory/memory-bus.ts';
import { createMemoryStore } from '../../src/memory/memory-store.ts';
import { testConfigBus } from '../port/config-bus-contract.ts';

testConfigBus({
  name: 'memory',
  skip: false,
  start: (t) => {
    const store = createMemoryStore();
    const buses: MemoryBus[] = [];
    const forEach = (act: (bus: MemoryBus) => void): Promise<void> => {
      for (const bus of buses) act(bus);
      return Promise.resolve();
    };
    return Promise.resolve({
      open: () => {
        const bus = store.connect();
        t.after(() => bus.close());
        buses.push(bus);
        return bus;
      },
      recreateBucket: () => Promise.resolve(store.recreate()),
      deleteKey: (key) => Promise.resolve(store.deleteKey(key)),
      interrupt: () => forEach((bus) => bus.interrupt('cut off by the test')),
      restore: () => forEach((bus) => bus.restore()),
    });
  },
});
