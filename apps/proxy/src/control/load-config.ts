/**
 * Reads a configuration file: its digest, and the configuration or all that is wrong with it. A file that cannot be read is
 * one more thing that can be wrong with it.
 */
import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import type { ConfigIssue } from '../config/config-issue.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';
import { parseConfig } from '../config/parse-config.ts';

export type Environment = Readonly<Record<string, string | undefined>>;

export type LoadedConfig =
  | {
      readonly kind: 'valid';
      readonly config: EffectiveConfig;
      readonly notes: readonly ConfigIssue[];
      /** SHA-256 of the file, hexadecimal. */
      readonly digest: string;
      readonly text: string;
    }
  /** `digest` null: the file could not be read. */
  | { readonly kind: 'invalid'; readonly errors: readonly ConfigIssue[]; readonly digest: string | null };

/** The parser's own limit, kept here too so that a larger file is not read into memory first. */
const maxFileBytes = 64 * 1024 * 1024;

export async function loadConfig(path: string, env: Environment): Promise<LoadedConfig> {
  let bytes: Buffer;
  try {
    bytes = await readBounded(path);
  } catch (error) {
    return { kind: 'invalid', digest: null, errors: [unreadable(path, error)] };
  }
  const digest = createHash('sha256').update(bytes).digest('hex');
  const text = decode(bytes);
  if (text === null) return { kind: 'invalid', digest, errors: [notText(path)] };
  const outcome = parseConfig({ text, file: path, env });
  if (outcome.kind === 'invalid') return { kind: 'invalid', errors: outcome.errors, digest };
  return { kind: 'valid', config: outcome.config, notes: outcome.notes, digest, text };
}

/** Null: not UTF-8. A wrong byte replaced in silence would end up in a route. */
function decode(bytes: Buffer): string | null {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return null;
  }
}

function notText(path: string): ConfigIssue {
  return { file: path, line: 1, column: 1, message: 'the file is not UTF-8 text', remedy: 'save it as UTF-8' };
}

async function readBounded(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { size } = await file.stat();
    if (size > maxFileBytes) throw new RangeError(`the file has ${size} bytes, more than ${maxFileBytes}`);
    return await file.readFile();
  } finally {
    await file.close();
  }
}

function unreadable(path: string, error: unknown): ConfigIssue {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'failed';
  const [reason, remedy] = reasons[code] ?? [error instanceof Error ? error.message : code, 'give a readable file'];
  return { file: path, line: 1, column: 1, message: `cannot read the file: ${reason}`, remedy };
}

const reasons: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['there is no such file', 'name an existing file with --config'],
  EACCES: ['permission denied', 'let the user that runs sluice read it'],
  EISDIR: ['it is a directory', 'name a file with --config'],
};
