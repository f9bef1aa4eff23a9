/**
 * What may stand in a log line: plain data of bounded size, without secrets and without stack traces. Pure; the invariant
 * is that no value handed to a logger can make its line large, slow or telling.
 */
import { redactedText, Secret } from './secret.ts';

export type LogFields = Readonly<Record<string, unknown>>;

/** Longer strings are cut there; the remedy of an error message fits, a smuggled document does not. */
const maxStringLength = 1_024;
const maxDepth = 6;
const maxEntries = 10_000;

/** Keys whose values are credentials wherever they appear, compared without case, `-` and `_`. */
const secretKeys: ReadonlySet<string> = new Set([
  'apikey',
  'authorization',
  'cookie',
  'passphrase',
  'password',
  'privatekey',
  'proxyauthorization',
  'scrypt',
  'secret',
  'setcookie',
  'token',
]);

function isSecretKey(key: string): boolean {
  return secretKeys.has(key.replaceAll(/[-_]/gu, '').toLowerCase());
}

/** Cuts `text` to the bound, and says how much is missing. */
function boundedString(text: string): string {
  if (text.length <= maxStringLength) return text;
  return `${text.slice(0, maxStringLength).toWellFormed()}… (${text.length - maxStringLength} more)`;
}

/** An error as a log line shows it: name, code and message of it and its causes; a stack is for bugs and never implied. */
function errorFields(error: Error, depth: number): LogFields {
  const fields: Record<string, unknown> = { name: error.name, message: boundedString(error.message) };
  if ('code' in error) fields['code'] = boundedValue(error.code, depth + 1);
  if (error.cause !== undefined) fields['cause'] = boundedValue(error.cause, depth + 1);
  return fields;
}

function boundedObject(value: object, depth: number): unknown {
  if (value instanceof Secret) return redactedText;
  if (depth > maxDepth) return '…';
  if (value instanceof Error) return errorFields(value, depth);
  if (value instanceof Date) return Number.isNaN(value.getTime()) ? null : value.toISOString();
  if (Array.isArray(value)) return value.slice(0, maxEntries).map((entry) => boundedValue(entry, depth + 1));
  if (ArrayBuffer.isView(value)) return `${value.byteLength} bytes`;
  const bounded: Record<string, unknown> = {};
  for (const [key, entry] of Object.entries(value).slice(0, maxEntries)) {
    bounded[boundedString(key)] = isSecretKey(key) ? redactedText : boundedValue(entry, depth + 1);
  }
  return bounded;
}

function boundedValue(value: unknown, depth: number): unknown {
  switch (typeof value) {
    case 'string':
      return boundedString(value);
    case 'bigint':
      return value.toString();
    case 'object':
      return value === null ? null : boundedObject(value, depth);
    case 'function':
    case 'symbol':
      return undefined;
    case 'number':
    case 'boolean':
    case 'undefined':
      return value;
  }
}

/** The fields as they may be written. */
export function boundedFields(fields: LogFields): Record<string, unknown> {
  const bounded: Record<string, unknown> = {};
  for (const [key, value] of Object.entries(fields)) {
    bounded[key] = isSecretKey(key) ? redactedText : boundedValue(value, 1);
  }
  return bounded;
}
