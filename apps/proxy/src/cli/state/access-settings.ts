/** Where the state service is and with which key it is asked: from the options, else from the environment. */
import { open } from 'node:fs/promises';
import type { StateAccess } from './state-deed.ts';
import type { StateClientConfig } from './state-client.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';

/** SLUICE_STATE_URL and SLUICE_STATE_KEY. */
export interface StateEnvironment {
  readonly url: string | undefined;
  readonly key: string | undefined;
}

/** The key cannot be used as it is kept; the message never shows it. */
export class StateKeyError extends Error {
  readonly code = 'SLUICE_STATE_KEY';
  override readonly name = 'StateKeyError';
}

const keyPattern = /^[\u0021-\u007e]{1,256}$/u;
const maxKeyFileBytes = 1024;
const loopback = /^(?:localhost|127\.\d+\.\d+\.\d+|\[::1\])$/u;

/** Rejects with UsageError where something is missing, with StateKeyError where the key is not right. */
export async function readAccess(access: StateAccess, environment: StateEnvironment): Promise<StateClientConfig> {
  const url = readUrl(access.url, environment.url);
  if (access.keyFile !== null) return { url, key: checkedKey(await readKeyFile(access.keyFile), access.keyFile) };
  const key = environment.key ?? '';
  if (key !== '') return { url, key: checkedKey(key, 'SLUICE_STATE_KEY') };
  throw new UsageError('no API key: name its file with --key-file, or set SLUICE_STATE_KEY');
}

/** Whether whoever listens on the way to the service reads the key. */
export function isExposed(url: URL): boolean {
  return url.protocol === 'http:' && !loopback.test(url.hostname);
}

function readUrl(option: string | null, fromEnvironment: string | undefined): URL {
  const text = option ?? fromEnvironment ?? '';
  const source = option === null ? 'SLUICE_STATE_URL' : '--state';
  if (text === '') throw new UsageError('where is the state service? give --state URL, or set SLUICE_STATE_URL');
  const url = URL.parse(text);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) {
    throw new UsageError(`${source} is no http or https address (e.g. https://state.example.com)`);
  }
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '') {
    throw new UsageError(`${source} has more than a host, a port and a path (the key is given by --key-file)`);
  }
  return url;
}

async function readKeyFile(path: string): Promise<string> {
  try {
    await using file = await open(path);
    const { buffer, bytesRead } = await file.read(Buffer.alloc(maxKeyFileBytes), 0, maxKeyFileBytes, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    throw new StateKeyError(`cannot read the key file ${path}: ${reason} (see --key-file)`, { cause: error });
  }
}

function checkedKey(key: string, source: string): string {
  if (keyPattern.test(key)) return key;
  throw new StateKeyError(`${source} does not hold an API key (one line of visible ASCII, as it was printed)`);
}
