/**
 * The main isolate's end of record batches: keeps the words of earlier batches, and makes of a row either all that the
 * access log says or just what metrics count.
 */
import { formatSocketAddress } from '../routing/format-ip-address.ts';
import { ipv4Address, ipv6Address } from '../routing/ip-address.ts';
import {
  closedByValues,
  type CloseReason,
  closeReasons,
  type ConnectionOutcome,
  type ConnectionRecord,
} from './connection-record.ts';
import { batchProtocols, column, type RecordBatch, recordEnd, valueEnd } from './record-batch.ts';

export class RecordBatchReader {
  readonly #words: string[] = [];
  readonly #idPrefix: string;

  /** `idPrefix` tells the connections of one process from those of the next. */
  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  /** Takes a batch's words over: once for each batch, in order, before anything is read from it. */
  learn(batch: RecordBatch): void {
    for (const word of batch.words) this.#words.push(word);
  }

  /** Calls with one object, filled anew for each connection: copy what is to be kept. */
  forEachOutcome({ numbers }: RecordBatch, use: (outcome: ConnectionOutcome) => void): void {
    const outcome = {
      listener: '',
      reason: noReason,
      detectMs: 0,
      decideMs: 0,
      connectMs: 0,
      firstByteMs: 0,
      durationMs: 0,
    };
    const filled: { -readonly [Key in keyof ConnectionOutcome]: ConnectionOutcome[Key] } = outcome;
    for (let at = 0; at < numbers.length; at += column.count) {
      filled.listener = this.#words[numbers[at + column.listener] ?? -1] ?? '';
      filled.reason = closeReasons[numbers[at + column.reason] ?? 0] ?? noReason;
      filled.detectMs = milliseconds(numbers[at + column.detectUs]);
      filled.decideMs = milliseconds(numbers[at + column.decideUs]);
      filled.connectMs = milliseconds(numbers[at + column.connectUs]);
      filled.firstByteMs = milliseconds(numbers[at + column.firstByteUs]);
      filled.durationMs = (numbers[at + column.durationUs] ?? 0) / 1000;
      use(filled);
    }
  }

  records(batch: RecordBatch): ConnectionRecord[] {
    const texts = batch.texts.split(recordEnd);
    const records: ConnectionRecord[] = [];
    for (let at = 0, i = 0; at < batch.numbers.length; at += column.count, i++) {
      records.push(this.#record(batch.numbers.subarray(at, at + column.count), texts[i] ?? ''));
    }
    return records;
  }

  #record(row: Float64Array, text: string): ConnectionRecord {
    const cell = (at: number): number => row[at] ?? 0;
    const [name = '', ...alpn] = text.split(valueEnd);
    return {
      id: `${this.#idPrefix}-${cell(column.serial).toString(36)}`,
      listener: this.#word(cell(column.listener)) ?? '',
      client: readAddress(row, column.client) ?? '',
      protocol: batchProtocols[cell(column.protocol)] ?? 'Unknown',
      sni: name === '' ? null : name,
      alpn: alpn.map(decodeURIComponent),
      user: this.#word(cell(column.user)),
      route: this.#word(cell(column.route)),
      endpoint: this.#word(cell(column.endpoint)),
      upstream: readAddress(row, column.upstream),
      bytesUp: cell(column.bytesUp),
      bytesDown: cell(column.bytesDown),
      detectMs: milliseconds(row[column.detectUs]),
      decideMs: milliseconds(row[column.decideUs]),
      connectMs: milliseconds(row[column.connectUs]),
      firstByteMs: milliseconds(row[column.firstByteUs]),
      durationMs: cell(column.durationUs) / 1000,
      closedBy: closedByValues[cell(column.closedBy)] ?? 'Error',
      reason: closeReasons[cell(column.reason)] ?? noReason,
    };
  }

  #word(number: number): string | null {
    return this.#words[number] ?? null;
  }
}

const noReason: CloseReason = 'Internal';

function readAddress(row: Float64Array, at: number): string | null {
  const head = row[at] ?? 0;
  if (head === 0) return null;
  const word0 = row[at + 1] ?? 0;
  const isIpv4 = Math.floor(head / 65_536) === 4;
  const address = isIpv4
    ? ipv4Address(word0)
    : ipv6Address(word0, row[at + 2] ?? 0, row[at + 3] ?? 0, row[at + 4] ?? 0);
  return formatSocketAddress(address, head % 65_536);
}

function milliseconds(us: number | undefined): number | null {
  return us === undefined || us < 0 ? null : us / 1000;
}
