/**
 * Gathers the records of ended connections and sends them to the main isolate in batches: soon after the first, at once
 * when many have come. Also tells how often the limits of this isolate were reached, when that has changed.
 */
import { type EndedConnection, RecordBatchWriter } from '../session/record-batch.ts';
import type { IsolateReply } from './isolate-messages.ts';

type Limits = Readonly<Record<string, number>>;

const gatherMs = 25;
const fullBatch = 512;

export class RecordOutbox {
  readonly #post: (reply: IsolateReply) => void;
  readonly #writer = new RecordBatchWriter();
  #timer: NodeJS.Timeout | null = null;
  #readLimits: () => Limits = () => ({});
  #lastLimits = '';

  constructor(post: (reply: IsolateReply) => void) {
    this.#post = post;
  }

  /** Whether somebody reads more than the metrics do. */
  setDetailed(isDetailed: boolean): void {
    this.#writer.setDetailed(isDetailed);
  }

  /** Tells them at once: of a metric that is not there before its first event, no increase can be seen. */
  watchLimits(read: () => Limits): void {
    this.#readLimits = read;
    this.#tellLimits();
  }

  add(ended: EndedConnection): void {
    this.#writer.add(ended);
    if (this.#writer.size >= fullBatch) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), gatherMs);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#writer.size > 0) this.#post({ kind: 'records', batch: this.#writer.take() });
    this.#tellLimits();
  }

  #tellLimits(): void {
    const limits = this.#readLimits();
    const text = JSON.stringify(limits);
    if (text === this.#lastLimits) return;
    this.#lastLimits = text;
    this.#post({ kind: 'limits', limits });
  }
}
