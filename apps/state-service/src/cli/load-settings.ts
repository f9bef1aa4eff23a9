/** What options name in files, read before anything is opened: a service that cannot have what it was told does not start. */
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readAckKeyFile } from '@sluice/live-config/publisher/read-ack-key-file.ts';
import { readSettingsFile } from '@sluice/runtime/command/read-settings-file.ts';
import { SettingsError } from '@sluice/runtime/command/settings-error.ts';
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

/** Rejects with SettingsError. */
export async function loadSettings(options: RunOptions): Promise<LoadedSettings> {
  return {
    pepper: await loadPepper(options),
    tls: await loadTls(options.tls),
    ackKey: await readAckKeyFile(options.ackKeyFile),
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
  const cert = await readSettingsFile(files.certFile, 'the certificate');
  const key = await readSettingsFile(files.keyFile, 'the private key');
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
