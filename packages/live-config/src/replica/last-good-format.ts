/**
 * The last good table of a range as a file: a line that says what it is, a line for each resource, a line that counts and checks them
 * all. Specs are canonical JSON, which holds no tabs and no line ends, so lines are split and copied without being parsed.
 */
import { Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { entryHash } from '../digest/entry-hash.ts';
import type { RestoredRecord, TableHeader } from './replica-step.ts';

const magic = 'sluice-last-good';
const version = 1;
const accepted = 'A';
const rejected = 'R';
const end = 'E';
const none = '-';

const count = Type.Integer({ minimum: 0, maximum: Number.MAX_SAFE_INTEGER });
const digest = Type.String({ pattern: '^[0-9a-f]{64}$' });
const headerCheck = Compile(
  Type.Object({ range: Type.String(), epoch: count, revision: count, digest }, { additionalProperties: false }),
);

/** A table that cannot be used: torn, of another version, gone. */
export class LastGoodError extends Error {
  readonly code = 'SLUICE_LAST_GOOD';
  override readonly name = 'LastGoodError';
}

export function headerLine(range: string, header: TableHeader): string {
  return `${magic} ${version} ${JSON.stringify({ range, ...header })}\n`;
}

export function parseHeaderLine(range: string, line: string): TableHeader {
  const [name, of, ...rest] = line.split(' ');
  if (name !== magic) throw new LastGoodError('it is no last good table');
  if (of !== String(version)) throw new LastGoodError(`it is of version ${of ?? none}, this sluice reads ${version}`);
  const header = parseJson(rest.join(' '));
  if (!headerCheck.Check(header)) throw new LastGoodError('its first line is damaged');
  if (header.range !== range) throw new LastGoodError(`it is of the range ${header.range}, not ${range}`);
  const { range: _, ...fields } = header;
  return fields;
}

export function recordLine({ key, epoch, generation, hash, good, reason }: RestoredRecord): string {
  if (reason === null) return `${accepted}\t${key}\t${epoch}\t${generation}\t${good?.specText ?? none}\n`;
  const published = `${rejected}\t${key}\t${epoch}\t${generation}\t${Buffer.from(hash).toString('hex')}`;
  return `${published}\t${JSON.stringify(reason)}\t${good?.generation ?? 0}\t${good?.specText ?? none}\n`;
}

/** The key of a record's line, which is all that a copy needs; null: it is the last line. */
export function keyOfLine(line: string): string | null {
  return line.startsWith(end) ? null : line.slice(2, line.indexOf('\t', 2));
}

export function parseRecordLine(line: string): RestoredRecord {
  const [kind, key, epoch, generation, ...rest] = line.split('\t');
  if (key === undefined || key === '') throw new LastGoodError('a line of it is damaged');
  const facts = { key, epoch: wholeNumber(epoch), generation: wholeNumber(generation) };
  if (kind === accepted && rest.length === 1) return acceptedRecord(facts, rest[0] ?? '');
  if (kind === rejected && rest.length === 4) return rejectedRecord(facts, rest);
  throw new LastGoodError('a line of it is damaged');
}

type RecordFacts = Pick<RestoredRecord, 'key' | 'epoch' | 'generation'>;

function acceptedRecord(facts: RecordFacts, specText: string): RestoredRecord {
  const { key, generation } = facts;
  return { ...facts, hash: entryHash(key, generation, specText), good: { generation, specText }, reason: null };
}

function rejectedRecord(facts: RecordFacts, rest: readonly string[]): RestoredRecord {
  const [hash = '', reason = '', goodGeneration, specText = none] = rest;
  const good = specText === none ? null : { generation: wholeNumber(goodGeneration), specText };
  return { ...facts, hash: Buffer.from(hash, 'hex'), good, reason: String(parseJson(reason)) };
}

export function endLine(records: number, sha256: string): string {
  return `${end}\t${records}\t${sha256}\n`;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new LastGoodError('a line of it is damaged', { cause: error });
  }
}

function wholeNumber(text = ''): number {
  if (!/^[0-9]{1,16}$/.test(text)) throw new LastGoodError('a line of it is damaged');
  return Number(text);
}
