/**
 * What both ends of every connection saw. Each end records on its own; nothing here knows the proxy. The times are of one
 * clock, given by the caller.
 */
export type LedgerSide = 'Client' | 'Origin';

export interface LedgerEntry {
  readonly side: LedgerSide;
  /** The identity both ends know; the client chooses it. */
  readonly key: string;
  /** What the client asked for, or which origin served. */
  readonly label: string;
  readonly openedAt: number;
  firstByteAt: number | null;
  lastByteAt: number | null;
  closedAt: number | null;
  sentBytes: number;
  receivedBytes: number;
  /** `Ended` if the other side closed in order; else what went wrong; null while open. */
  outcome: string | null;
  /** The first wrong byte, as a sentence. */
  fault: string | null;
}

export class LedgerRecord {
  readonly entry: LedgerEntry;
  readonly #now: () => number;

  constructor(entry: LedgerEntry, now: () => number) {
    this.entry = entry;
    this.#now = now;
  }

  sent(bytes: number): void {
    this.entry.sentBytes += bytes;
  }

  received(bytes: number, fault: string | null): void {
    this.entry.firstByteAt ??= this.#now();
    this.entry.lastByteAt = this.#now();
    this.entry.receivedBytes += bytes;
    this.entry.fault ??= fault;
  }

  /** The first call counts. */
  closed(outcome: string): void {
    this.entry.closedAt ??= this.#now();
    this.entry.outcome ??= outcome;
  }
}

export class Ledger {
  readonly #entries: LedgerEntry[] = [];
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  get entries(): readonly LedgerEntry[] {
    return this.#entries;
  }

  open(side: LedgerSide, key: string, label: string): LedgerRecord {
    const entry: LedgerEntry = {
      ...{ side, key, label, openedAt: this.#now(), firstByteAt: null, lastByteAt: null, closedAt: null },
      ...{ sentBytes: 0, receivedBytes: 0, outcome: null, fault: null },
    };
    this.#entries.push(entry);
    return new LedgerRecord(entry, this.#now);
  }
}
