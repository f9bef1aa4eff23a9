/**
 * Lines on their way to a descriptor that may be slow, full or gone: kept in memory up to a bound, written in batches,
 * dropped and counted beyond it. Responsible for whole lines (a line is written to its end or not at all) and for never
 * delaying or failing its caller; what the lines say is the logger's matter.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { type Chunk, countLines, LineBuffer } from './line-buffer.ts';
import { type LineOutlet, openLineOutlet, statDescriptor } from './line-outlet.ts';

export interface LineSinkOptions {
  /** Default 1, standard output. A socket is taken over: closing the sink closes it. */
  readonly fd?: number;
  readonly maxPendingBytes?: number;
}

const maxLineLength = 1024 * 1024;
/** What one turn of the event loop may write before others have their turn. */
const chunksPerTurn = 16;
const firstRetryMs = 2;
/** Also the pace of attempts on a reader that has stopped reading. */
const lastRetryMs = 50;
const refusedRetryMs = 1_000;
/** A pipe whose reader went away is looked at again this often (a named pipe may get a new one). */
const reopenAfterMs = 1_000;

export class LineSink {
  readonly #fd: number;
  readonly #buffer: LineBuffer;
  readonly #identity: string;
  #outlet: LineOutlet | null = null;
  #reopenAtMs = 0;
  #chunk: Chunk | null = null;
  #retryMs = firstRetryMs;
  #timer: NodeJS.Timeout | null = null;
  #immediate: NodeJS.Immediate | null = null;
  #droppedLines = 0;
  #isClosed = false;

  constructor(options: LineSinkOptions = {}) {
    this.#fd = options.fd ?? 1;
    this.#buffer = new LineBuffer(options.maxPendingBytes ?? 4 * 1024 * 1024);
    this.#identity = this.#describe();
    this.#outlet = this.#open();
  }

  /** Lines that were given up: the buffer was full, the line too long, or nobody reads. */
  get droppedLines(): number {
    return this.#droppedLines;
  }

  /** Bytes that wait for the descriptor. */
  get pendingBytes(): number {
    return this.#buffer.bytes + this.#chunkBytes();
  }

  /** Takes one line (with or without its newline, none inside); returns false if it was dropped. */
  write(line: string): boolean {
    const isTaken = line.length <= maxLineLength && this.#hasOutlet() && this.#buffer.add(line, this.#chunkBytes());
    if (!isTaken) this.#droppedLines += 1;
    else if (this.#timer === null) this.#writeSoon();
    return isTaken;
  }

  /** Writes what the descriptor takes at this moment, for a process about to end without another turn of its loop. */
  writeNow(): void {
    this.#writeTurn();
  }

  /** Waits until every line is written or dropped; resolves to false if that took longer than `timeoutMs`. */
  async flush(timeoutMs: number): Promise<boolean> {
    const deadlineMs = performance.now() + timeoutMs;
    for (;;) {
      const before = this.pendingBytes;
      this.#writeTurn();
      if (this.pendingBytes === 0 && this.#outlet?.isBusy() !== true) return true;
      const leftMs = deadlineMs - performance.now();
      if (leftMs <= 0) return false;
      await delay(this.pendingBytes < before ? 0 : Math.min(leftMs, firstRetryMs));
    }
  }

  /** Ends all activity and drops what is pending; flush first. The descriptor itself stays open unless it is a socket. */
  close(): void {
    this.#isClosed = true;
    this.#cancel();
    this.#dropPending();
    this.#outlet?.close();
    this.#outlet = null;
  }

  #chunkBytes(): number {
    return this.#chunk === null ? 0 : this.#chunk.bytes.length - this.#chunk.offset;
  }

  #hasOutlet(): boolean {
    if (this.#outlet === null && !this.#isClosed && performance.now() >= this.#reopenAtMs) this.#outlet = this.#open();
    return this.#outlet !== null;
  }

  #describe(): string {
    const stats = statDescriptor(this.#fd);
    return stats === null ? '' : `${stats.dev}:${stats.ino}`;
  }

  /** Never opens another file that has taken the number of a closed descriptor. */
  #open(): LineOutlet | null {
    const stats = statDescriptor(this.#fd);
    this.#reopenAtMs = performance.now() + reopenAfterMs;
    if (stats === null || `${stats.dev}:${stats.ino}` !== this.#identity) return null;
    return openLineOutlet(this.#fd, stats);
  }

  #writeSoon(): void {
    this.#immediate ??= setImmediate(() => {
      this.#immediate = null;
      this.#writeTurn();
    });
  }

  #writeLater(delayMs: number): void {
    this.#timer ??= setTimeout(() => {
      this.#timer = null;
      this.#writeTurn();
    }, delayMs).unref();
  }

  #cancel(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    if (this.#immediate !== null) clearImmediate(this.#immediate);
    this.#timer = null;
    this.#immediate = null;
  }

  #writeTurn(): void {
    for (let turn = 0; turn < chunksPerTurn; turn += 1) {
      this.#chunk ??= this.#buffer.take();
      if (this.#chunk === null || this.#outlet === null) return;
      if (!this.#writeChunk(this.#outlet, this.#chunk)) return;
    }
    this.#writeSoon();
  }

  /** Returns true if it is worth going on in this turn. */
  #writeChunk(outlet: LineOutlet, chunk: Chunk): boolean {
    const outcome = outlet.write(chunk.bytes, chunk.offset);
    switch (outcome.kind) {
      case 'wrote':
        this.#retryMs = firstRetryMs;
        chunk.offset += outcome.bytes;
        if (chunk.offset === chunk.bytes.length) this.#finish(outlet, chunk);
        return true;
      case 'blocked':
        this.#writeLater(this.#retryMs);
        this.#retryMs = Math.min(this.#retryMs * 2, lastRetryMs);
        return false;
      case 'refused':
        this.#writeLater(refusedRetryMs);
        return false;
      case 'closed':
        this.#dropPending();
        outlet.close();
        this.#outlet = null;
        this.#reopenAtMs = performance.now() + reopenAfterMs;
        return false;
    }
  }

  #finish(outlet: LineOutlet, chunk: Chunk): void {
    this.#chunk = null;
    if (!outlet.isBusy()) this.#buffer.reuse(chunk);
  }

  #dropPending(): void {
    for (let chunk = this.#chunk ?? this.#buffer.take(); chunk !== null; chunk = this.#buffer.take()) {
      this.#droppedLines += countLines(chunk.bytes, chunk.offset);
    }
    this.#chunk = null;
  }
}
