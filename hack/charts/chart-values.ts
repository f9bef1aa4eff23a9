/**
 * values.yaml of a chart as documentation: every value with its type, its default and what its comment says. Pure. A comment that
 * begins with `# --` describes the value below it and everything inside it; other comments describe a group of values.
 */
import { parse } from 'yaml';

export interface ChartValue {
  readonly path: readonly string[];
  /** What stands in parentheses behind `--`; null: to be seen from the default. */
  readonly type: string | null;
  readonly description: string;
  readonly default: unknown;
}

export interface ChartValues {
  readonly values: readonly ChartValue[];
  /** Groups, such as `image`, by their path with dots; with what their comments say. */
  readonly groups: ReadonlyMap<string, string>;
  /** Paths that have a default and no description. */
  readonly undocumented: readonly string[];
}

interface OpenGroup {
  readonly indent: number;
  readonly path: readonly string[];
}

interface Reading {
  readonly document: unknown;
  readonly open: OpenGroup[];
  readonly values: ChartValue[];
  readonly groups: Map<string, string>;
  readonly undocumented: string[];
  comment: string[];
  /** Lines that are further in belong to a value that is described as a whole. */
  insideOf: number | null;
}

const keyLine = /^(?<indent> *)(?<key>[A-Za-z][A-Za-z0-9]*):(?<rest>.*)$/;
const commentLine = /^ *# ?(?<text>.*)$/;
const description = /^-- (?:\((?<type>[^)]+)\) )?(?<text>.*)$/s;

/** Throws for text that is not YAML. */
export function readChartValues(text: string): ChartValues {
  const reading: Reading = {
    document: parse(text),
    open: [],
    values: [],
    groups: new Map(),
    undocumented: [],
    comment: [],
    insideOf: null,
  };
  for (const line of text.split('\n')) readLine(reading, line);
  return reading;
}

function readLine(reading: Reading, line: string): void {
  const comment = commentLine.exec(line)?.groups?.['text'];
  if (comment !== undefined) {
    reading.comment.push(comment);
    return;
  }
  const found = keyLine.exec(line)?.groups;
  const indent = line.length - line.trimStart().length;
  if (line.trim() !== '' && reading.insideOf !== null && indent <= reading.insideOf) reading.insideOf = null;
  if (found !== undefined && reading.insideOf === null) readKey(reading, { key: found['key'] ?? '', indent });
  reading.comment = [];
}

function readKey(reading: Reading, { key, indent }: { readonly key: string; readonly indent: number }): void {
  while ((reading.open.at(-1)?.indent ?? -1) >= indent) reading.open.pop();
  const path = [...(reading.open.at(-1)?.path ?? []), key];
  const name = path.join('.');
  const text = reading.comment.join(' ').trim();
  const described = description.exec(text)?.groups;
  const value = valueAt(reading.document, path);
  if (described !== undefined) {
    const { type = null, text: meaning = '' } = described;
    reading.values.push({ path, type, description: meaning, default: value });
    reading.insideOf = indent;
  } else if (isGroup(value)) {
    reading.open.push({ indent, path });
    if (text === '') reading.undocumented.push(name);
    reading.groups.set(name, text);
  } else {
    reading.undocumented.push(name);
  }
}

function isGroup(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && Object.keys(value).length > 0;
}

function valueAt(document: unknown, path: readonly string[]): unknown {
  let value = document;
  for (const key of path) {
    value = typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>)[key] : undefined;
  }
  return value;
}
