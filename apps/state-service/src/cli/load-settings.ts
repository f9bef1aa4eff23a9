/** What options name in files, read before anything is opened: a service that cannot have what it was told does not start. */
import { readFile } from 'node:fs/promises';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readOrMakePepper, readPepper } from '../api-keys/pepper-file.ts';
import type { Pepper } from '../api-keys/pepper.ts';
import type { TlsIdentity } from '../http/application.ts';
import { embeddedPepperFile } from '../process/database-source.ts';
import type { RunOptions } from './parse-arguments.ts';

export interface LoadedSettings {
  readonly pepper: Pepper;
  readonly tls: TlsIdentity | null;
  readonly ackKey: Uint8Array | null;
}

/** A file that the command line names cannot be used. */
export class SettingsError extends Error {
  readonly code = 'SLUICE_SETTINGS';
  override readonly name = 'SettingsError';
}

const minAckKeyBytes = 16;

/** Rejects with SettingsError. */
export async function loadSettings(options: RunOptions): Promise<LoadedSettings> {
  return {
    pepper: await loadPepper(options),
    tls: await loadTls(options.tls),
    ackKey: await loadAckKey(options.ackKeyFile),
  };
}

async function loadPepper({ pepperFile, database }: RunOptions): Promise<Pepper> {
  try {
    if (pepperFile !== null) return await readPepper(pepperFile);
    if (database.kind === 'Embedded') return await readOrMakePepper(embeddedPepperFile(database.directory));
  } catch (cause) {
    throw new SettingsError(cause instanceof Error ? cause.message : String(cause), { cause });
  }
  throw new SettingsError('--pepper-file is missing');
}

async function loadTls(files: RunOptions['tls']): Promise<TlsIdentity | null> {
  if (files === null) return null;
  const cert = await read(files.certFile, 'the certificate');
  const key = await read(files.keyFile, 'the private key');
  if (!isPair(cert, key)) {
    throw new SettingsError(`${files.keyFile} is not the private key of ${files.certFile}, or one of them is not PEM`);
  }
  return { cert, key };
}

function isPair(cert: Buffer, key: Buffer): boolean {
  try {
    return new X509Certificate(cert).checkPrivateKey(createPrivateKey(key));
  } catch {
    return false;
  }
}

async function loadAckKey(path: string | null): Promise<Uint8Array | null> {
  if (path === null) return null;
  const text = (await read(path, 'the acknowledgement key')).toString('utf8').trim();
  if (text.length < minAckKeyBytes) throw new SettingsError(`${path} holds less than ${minAckKeyBytes} characters`);
  return Buffer.from(text);
}

async function read(path: string, what: string): Promise<Buffer> {
  try {
    return await readFile(path);
  } catch (cause) {
    throw new SettingsError(`cannot read ${what}: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}
