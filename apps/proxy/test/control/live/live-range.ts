/** A range published from a map in memory: the truth is what the test says it is. */
import type { ConfigRange, ResourceKind } from '@sluice/contract/config-key.ts';
import { resourceKey } from '@sluice/contract/config-key.ts';
import type { ConfigBus } from '@sluice/live-config/port/config-bus.ts';
import { createPublisher } from '@sluice/live-config/publisher/publisher.ts';
import type { Published, Publisher } from '@sluice/live-config/publisher/publisher-port.ts';
import type { ResourceSpec, TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';

export class LiveRange {
  readonly #records = new Map<string, TruthRecord>();
  readonly #publisher: Publisher;
  #generation = 0;

  constructor(scope: CleanupScope, range: ConfigRange, bus: ConfigBus) {
    const records = this.#records;
    this.#publisher = createPublisher(
      { range, publisher: `test-${range}` },
      {
        bus,
        truth: {
          async *list(keys) {
            yield await Promise.resolve([...records.values()].filter(({ key }) => keys?.includes(key) ?? true));
          },
        },
        epochs: { claim: (above) => Promise.resolve(above + 1) },
        nowMs: () => Date.now(),
        random: Math.random,
        onEvent: () => {},
      },
    );
    scope.after(async () => {
      await this.#publisher.close();
      await bus.close();
    });
  }

  /** Resolves when a head counts it in. */
  async put(kind: ResourceKind, name: string, spec: ResourceSpec | null): Promise<Published> {
    const key = resourceKey({ kind, name });
    this.#generation += 1;
    const record = { key, generation: this.#generation, spec };
    this.#records.set(key, record);
    return await this.#publisher.publish([record]);
  }

  get publisher(): Publisher {
    return this.#publisher;
  }
}
