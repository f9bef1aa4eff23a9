/** An open watch: keeps every event, and waits for one at the wish of a test. */
import type { IncomingMessage } from 'node:http';
import { createInterface } from 'node:readline';
import { eventually } from '../eventually.ts';
import type { KubeObject } from './kube-object.ts';

export interface KubeWatchEvent {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK' | 'ERROR';
  readonly object: KubeObject;
}

export class KubeWatch {
  readonly #response: IncomingMessage;
  readonly #events: KubeWatchEvent[] = [];
  readonly #listeners: ((event: KubeWatchEvent) => void)[] = [];
  /** Resolves when the stream has ended, in whatever way. */
  readonly ended: Promise<void>;

  constructor(response: IncomingMessage) {
    this.#response = response;
    response.on('error', () => {}); // 'close' follows
    this.ended = new Promise((resolve) => response.on('close', () => resolve()));
    const lines = createInterface({ input: response });
    lines.on('error', () => {}); // the same one once more
    lines.on('line', (line) => {
      const event = JSON.parse(line) as KubeWatchEvent;
      this.#events.push(event);
      for (const listener of this.#listeners) listener(event);
    });
  }

  /** So far, in the order of their arrival. */
  get events(): readonly KubeWatchEvent[] {
    return this.#events;
  }

  /** Calls at once with every event that comes from now on. */
  onEvent(listener: (event: KubeWatchEvent) => void): void {
    this.#listeners.push(listener);
  }

  /** The first event that fits, now or later. */
  async waitFor(predicate: (event: KubeWatchEvent) => boolean, timeoutMs = 20_000): Promise<KubeWatchEvent> {
    return await eventually(
      () => {
        const event = this.#events.find(predicate);
        if (event === undefined) throw new Error(`no such event among ${JSON.stringify(this.#events.slice(-5))}`);
        return event;
      },
      { timeoutMs },
    );
  }

  close(): void {
    this.#response.destroy();
  }
}
