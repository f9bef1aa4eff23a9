/**
 * Ended connections on their way from the decision isolate to the main one: columns of numbers, one text for what clients
 * chose, and words of the configuration by number. A message per batch, not per connection, and nothing formatted here:
 * that is the main isolate's work.
 */
import { detectableProtocols, type Protocol } from '@sluice/contract/protocol.ts';
import { formatSocketAddress } from '../routing/format-ip-address.ts';
import { type IpAddress, ipv4Address, ipv6Address } from '../routing/ip-address.ts';
import { closedByValues, closeReasons, type ConnectionRecord } from './connection-record.ts';
import type { PlannedEnd } from './session.ts';

/** One connection as the driver hands it in. Times in microseconds, -1: not reached. */
export interface EndedConnection {
  readonly serial: number;
  readonly listener: string;
  readonly client: IpAddress;
  readonly clientPort: number;
  readonly protocol: Protocol;
  readonly sni: string | null;
  readonly alpn: readonly string[];
  readonly user: string | null;
  readonly route: string | null;
  readonly endpoint: string | null;
  readonly upstream: IpAddress | null;
  readonly upstreamPort: number;
  readonly bytesUp: number;
  readonly bytesDown: number;
  readonly detectUs: number;
  readonly decideUs: number;
  readonly connectUs: number;
  readonly firstByteUs: number;
  readonly durationUs: number;
  readonly end: PlannedEnd;
}

/** What crosses. `words` are the configuration's words that are new in this batch, numbered on from the last. */
export interface RecordBatch {
  readonly numbers: Float64Array;
  readonly texts: string;
  readonly words: readonly string[];
}

const protocols: readonly Protocol[] = [...detectableProtocols, 'Unknown'];
const columns = 24;
const initialRecords = 64;
const noWord = -1;
// Neither can be in a host name; in an ALPN value both are escaped below.
const recordEnd = '\u0000';
const valueEnd = '\u0001';
/** Words kept; beyond (years of reloads with new names) numbering starts anew. */
const maxWords = 1_000_000;

export class RecordBatchWriter {
  #numbers = new Float64Array(columns * initialRecords);
  #count = 0;
  #texts = '';
  #newWords: string[] = [];
  #numberOfWord = new Map<string, number>();

  get size(): number {
    return this.#count;
  }

  add(ended: EndedConnection): void {
    if ((this.#count + 1) * columns > this.#numbers.length) this.#grow();
    const row = this.#numbers;
    let at = this.#count * columns;
    row[at++] = ended.serial;
    row[at++] = this.#word(ended.listener);
    at = writeAddress(row, at, ended.client, ended.clientPort);
    row[at++] = protocols.indexOf(ended.protocol);
    row[at++] = this.#word(ended.user);
    row[at++] = this.#word(ended.route);
    row[at++] = this.#word(ended.endpoint);
    at = writeAddress(row, at, ended.upstream, ended.upstreamPort);
    row[at++] = ended.bytesUp;
    row[at++] = ended.bytesDown;
    row[at++] = ended.detectUs;
    row[at++] = ended.decideUs;
    row[at++] = ended.connectUs;
    row[at++] = ended.firstByteUs;
    row[at++] = ended.durationUs;
    row[at++] = closedByValues.indexOf(ended.end.closedBy) * 256 + closeReasons.indexOf(ended.end.reason);
    this.#texts += textOf(ended);
    this.#count += 1;
  }

  /** The batch so far, and an empty one after it. */
  take(): RecordBatch {
    const batch = {
      numbers: this.#numbers.slice(0, this.#count * columns),
      texts: this.#texts,
      words: this.#newWords,
    };
    this.#count = 0;
    this.#texts = '';
    this.#newWords = [];
    return batch;
  }

  #word(text: string | null): number {
    if (text === null) return noWord;
    const known = this.#numberOfWord.get(text);
    if (known !== undefined) return known;
    if (this.#numberOfWord.size >= maxWords) throw new RangeError('too many names of the configuration since start');
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

function writeAddress(row: Float64Array, start: number, address: IpAddress | null, port: number): number {
  let at = start;
  row[at++] = address === null ? 0 : address.family * 65_536 + port;
  row[at++] = address?.word0 ?? 0;
  row[at++] = address?.word1 ?? 0;
  row[at++] = address?.word2 ?? 0;
  row[at++] = address?.word3 ?? 0;
  return at;
}

/** Empty for a connection without a name, `sni` else; each ALPN value behind it. */
function textOf(ended: EndedConnection): string {
  const name = ended.sni ?? '';
  if (ended.alpn.length === 0) return name + recordEnd;
  return `${name}${valueEnd}${ended.alpn.map(encodeURIComponent).join(valueEnd)}${recordEnd}`;
}

/** The main isolate's end: keeps the words of earlier batches. */
export class RecordBatchReader {
  readonly #words: string[] = [];
  readonly #idPrefix: string;

  /** `idPrefix` tells the connections of one process from those of the next. */
  constructor(idPrefix: string) {
    this.#idPrefix = idPrefix;
  }

  read(batch: RecordBatch): ConnectionRecord[] {
    for (const word of batch.words) this.#words.push(word);
    const texts = batch.texts.split(recordEnd);
    const records: ConnectionRecord[] = [];
    for (let at = 0, i = 0; at < batch.numbers.length; at += columns, i++) {
      records.push(this.#record(batch.numbers.subarray(at, at + columns), texts[i] ?? ''));
    }
    return records;
  }

  #record(row: Float64Array, text: string): ConnectionRecord {
    const cell = (column: number): number => row[column] ?? 0;
    const [name = '', ...alpn] = text.split(valueEnd);
    const ending = cell(23);
    return {
      id: `${this.#idPrefix}-${cell(0).toString(36)}`,
      listener: this.#text(cell(1)) ?? '',
      client: readAddress(row, 2) ?? '',
      protocol: protocols[cell(7)] ?? 'Unknown',
      sni: name === '' ? null : name,
      alpn: alpn.map(decodeURIComponent),
      user: this.#text(cell(8)),
      route: this.#text(cell(9)),
      endpoint: this.#text(cell(10)),
      upstream: readAddress(row, 11),
      bytesUp: cell(16),
      bytesDown: cell(17),
      detectMs: milliseconds(cell(18)),
      decideMs: milliseconds(cell(19)),
      connectMs: milliseconds(cell(20)),
      firstByteMs: milliseconds(cell(21)),
      durationMs: cell(22) / 1000,
      closedBy: closedByValues[Math.floor(ending / 256)] ?? 'Error',
      reason: closeReasons[ending % 256] ?? 'Internal',
    };
  }

  #text(number: number): string | null {
    return this.#words[number] ?? null;
  }
}

function readAddress(row: Float64Array, at: number): string | null {
  const head = row[at] ?? 0;
  if (head === 0) return null;
  const family = Math.floor(head / 65_536);
  const word0 = row[at + 1] ?? 0;
  const address =
    family === 4 ? ipv4Address(word0) : ipv6Address(word0, row[at + 2] ?? 0, row[at + 3] ?? 0, row[at + 4] ?? 0);
  return formatSocketAddress(address, head % 65_536);
}

function milliseconds(us: number): number | null {
  return us < 0 ? null : us / 1000;
}
