/** What a watch said, for tests: every event, and questions about them. */
import type { BusEntry, ConfigBus, Watch, WatchEvent, WatchOptions } from '../../src/port/config-bus.ts';

export class WatchRecorder {
  readonly events: WatchEvent[] = [];
  readonly watch: Watch;

  constructor(bus: ConfigBus, options: Omit<WatchOptions, 'onEvent'>) {
    this.watch = bus.watch({ ...options, onEvent: (event) => this.events.push(event) });
  }

  get kinds(): readonly string[] {
    return this.events.map((event) => event.kind);
  }

  get entries(): readonly BusEntry[] {
    return this.events.flatMap((event) => (event.kind === 'Entry' ? [event.entry] : []));
  }

  /** `users.a=1`, in the order reported; a deletion as `users.a-`. */
  get texts(): readonly string[] {
    return this.entries.map(({ key, value }) =>
      value === null ? `${key}-` : `${key}=${Buffer.from(value).toString()}`,
    );
  }

  get lostReasons(): readonly string[] {
    return this.events.flatMap((event) => (event.kind === 'Lost' ? [event.reason] : []));
  }

  get hasSnapshot(): boolean {
    return this.kinds.includes('SnapshotEnded');
  }
}
