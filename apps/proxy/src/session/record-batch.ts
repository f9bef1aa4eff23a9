/**
 * Ended connections on their way from the decision isolate to the main one: columns of numbers, one text for what clients
 * chose, and words of the configuration by number. A message per batch, not per connection, and nothing formatted here:
 * that is the main isolate's work.
 */
import { detectableProtocols, type Protocol } from '@sluice/contract/protocol.ts';
import type { IpAddress } from '../routing/ip-address.ts';
import { type ClosedBy, type CloseReason, closedByValues, closeReasons } from './connection-record.ts';

/** One connection as the driver hands it in; the writer keeps no reference. Times in microseconds, -1: not reached. */
export interface EndedConnection {
  serial: number;
  listener: string;
  client: IpAddress;
  clientPort: number;
  protocol: Protocol;
  sni: string | null;
  alpn: readonly string[];
  user: string | null;
  route: string | null;
  endpoint: string | null;
  upstream: IpAddress | null;
  upstreamPort: number;
  bytesUp: number;
  bytesDown: number;
  detectUs: number;
  decideUs: number;
  connectUs: number;
  firstByteUs: number;
  durationUs: number;
  closedBy: ClosedBy;
  reason: CloseReason;
}

/** What crosses. `words` are the configuration's words that are new in this batch, numbered on from the last. */
export interface RecordBatch {
  readonly numbers: Float64Array;
  readonly texts: string;
  readonly words: readonly string[];
}

/** The columns of a row of `numbers`. An address is port + 65536 * family, then its four words; 0: none. */
export const column = {
  serial: 0,
  listener: 1,
  reason: 2,
  closedBy: 3,
  detectUs: 4,
  decideUs: 5,
  connectUs: 6,
  firstByteUs: 7,
  durationUs: 8,
  bytesUp: 9,
  bytesDown: 10,
  protocol: 11,
  user: 12,
  route: 13,
  endpoint: 14,
  client: 15,
  upstream: 20,
  count: 25,
} as const;

export const batchProtocols: readonly Protocol[] = [...detectableProtocols, 'Unknown'];
const noWord = -1;
// Neither can be in a host name; ALPN values are escaped.
export const recordEnd = '\u0000';
export const valueEnd = '\u0001';

const numberOfProtocol = new Map(batchProtocols.map((protocol, number) => [protocol, number]));
const numberOfReason = new Map(closeReasons.map((reason, number) => [reason, number]));
const numberOfClosedBy = new Map(closedByValues.map((closedBy, number) => [closedBy, number]));
const initialRecords = 64;
/** Words kept for the life of the process; every name a configuration ever had is one. */
const maxWords = 4_000_000;

export class RecordBatchWriter {
  #numbers = new Float64Array(column.count * initialRecords);
  #count = 0;
  #texts = '';
  #newWords: string[] = [];
  readonly #numberOfWord = new Map<string, number>();
  #isDetailed = true;

  get size(): number {
    return this.#count;
  }

  /** Without details (nobody reads the access log) only what metrics need is kept. */
  setDetailed(isDetailed: boolean): void {
    this.#isDetailed = isDetailed;
  }

  add(ended: EndedConnection): void {
    if ((this.#count + 1) * column.count > this.#numbers.length) this.#grow();
    const row = this.#numbers;
    const at = this.#count * column.count;
    row[at + column.serial] = ended.serial;
    row[at + column.listener] = this.#word(ended.listener);
    row[at + column.reason] = numberOfReason.get(ended.reason) ?? 0;
    row[at + column.closedBy] = numberOfClosedBy.get(ended.closedBy) ?? 0;
    row[at + column.detectUs] = ended.detectUs;
    row[at + column.decideUs] = ended.decideUs;
    row[at + column.connectUs] = ended.connectUs;
    row[at + column.firstByteUs] = ended.firstByteUs;
    row[at + column.durationUs] = ended.durationUs;
    if (this.#isDetailed) this.#addDetails(ended, row, at);
    this.#count += 1;
  }

  /** The batch so far, and an empty one after it. */
  take(): RecordBatch {
    const numbers = this.#numbers.slice(0, this.#count * column.count);
    const batch = { numbers, texts: this.#texts, words: this.#newWords };
    this.#count = 0;
    this.#texts = '';
    this.#newWords = [];
    return batch;
  }

  #addDetails(ended: EndedConnection, row: Float64Array, at: number): void {
    row[at + column.bytesUp] = ended.bytesUp;
    row[at + column.bytesDown] = ended.bytesDown;
    row[at + column.protocol] = numberOfProtocol.get(ended.protocol) ?? 0;
    row[at + column.user] = this.#word(ended.user);
    row[at + column.route] = this.#word(ended.route);
    row[at + column.endpoint] = this.#word(ended.endpoint);
    writeAddress(row, at + column.client, ended.client, ended.clientPort);
    writeAddress(row, at + column.upstream, ended.upstream, ended.upstreamPort);
    this.#texts += textOf(ended);
  }

  #word(text: string | null): number {
    if (text === null) return noWord;
    const known = this.#numberOfWord.get(text);
    if (known !== undefined) return known;
    if (this.#numberOfWord.size >= maxWords) return noWord;
    const number = this.#numberOfWord.size;
    this.#numberOfWord.set(text, number);
    this.#newWords.push(text);
    return number;
  }

  #grow(): void {
    const grown = new Float64Array(this.#numbers.length * 2);
    grown.set(this.#numbers);
    this.#numbers = grown;
  }
}

function writeAddress(row: Float64Array, at: number, address: IpAddress | null, port: number): void {
  row[at] = address === null ? 0 : address.family * 65_536 + port;
  if (address === null) return;
  row[at + 1] = address.word0;
  row[at + 2] = address.word1;
  row[at + 3] = address.word2;
  row[at + 4] = address.word3;
}

/** Empty for a connection without a name, else the name; each ALPN value behind it. */
function textOf(ended: EndedConnection): string {
  const name = ended.sni ?? '';
  if (ended.alpn.length === 0) return name + recordEnd;
  return `${name}${valueEnd}${ended.alpn.map(encodeURIComponent).join(valueEnd)}${recordEnd}`;
}
