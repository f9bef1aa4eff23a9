/**
 * Writes plain data as block-style YAML that reads back as the same data: lists of scalars on one line, text quoted unless
 * it cannot be taken for anything else. Knows JSON's values only, and no variables: `${` is written so that it stays text.
 */
import { resolveCoreScalar } from './core-scalar.ts';

export type PrintableValue = string | number | boolean | readonly PrintableValue[] | PrintableMap;

export interface PrintableMap {
  readonly [key: string]: PrintableValue;
}

const plainText = /^[A-Za-z0-9_/][A-Za-z0-9_./-]*$/;

function printScalar(value: string | number | boolean): string {
  if (typeof value !== 'string') return String(value);
  if (plainText.test(value) && resolveCoreScalar(value).kind === 'text') return value;
  // JSON's escapes are YAML's; what follows are characters JSON allows bare and YAML (section 5.1) does not.
  const quoted = JSON.stringify(value).replace(
    /[\u007f-\u009f\ufeff\ufffe\uffff]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return quoted.replaceAll('${', () => '$${');
}

function isScalar(value: PrintableValue): value is string | number | boolean {
  return typeof value !== 'object';
}

function isList(value: PrintableValue): value is readonly PrintableValue[] {
  return Array.isArray(value);
}

function isInline(value: PrintableValue): boolean {
  if (isScalar(value)) return true;
  return isList(value) ? value.every(isScalar) : Object.keys(value).length === 0;
}

function printInline(value: PrintableValue): string {
  if (isScalar(value)) return printScalar(value);
  return isList(value) ? `[${value.map(printInline).join(', ')}]` : '{}';
}

function printMap(map: PrintableMap, indent: string, lines: string[]): void {
  for (const [key, value] of Object.entries(map)) {
    if (isInline(value)) lines.push(`${indent}${key}: ${printInline(value)}`);
    else {
      lines.push(`${indent}${key}:`);
      printBlock(value, `${indent}  `, lines);
    }
  }
}

function printBlock(value: PrintableValue, indent: string, lines: string[]): void {
  if (isScalar(value)) lines.push(`${indent}${printScalar(value)}`);
  else if (!isList(value)) printMap(value, indent, lines);
  else {
    for (const item of value) {
      const start = lines.length;
      if (isInline(item)) lines.push(`${indent}  ${printInline(item)}`);
      else printBlock(item, `${indent}  `, lines);
      lines[start] = `${indent}- ${(lines[start] ?? '').slice(indent.length + 2)}`;
    }
  }
}

/** YAML text of a map, ending in a newline. */
export function printYaml(map: PrintableMap): string {
  const lines: string[] = [];
  printMap(map, '', lines);
  return `${lines.join('\n')}\n`;
}
