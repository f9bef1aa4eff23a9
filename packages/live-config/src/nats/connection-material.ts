/**
 * What one connection needs from files: certificates, and a seed or credentials. Read anew for each connection. No error
 * and no log shows what is in them.
 */
import { readFile } from 'node:fs/promises';
import { type Authenticator, credsAuthenticator, nkeyAuthenticator, nkeys } from '@nats-io/nats-core';
import { BusError } from '../port/config-bus.ts';
import type { NatsAuth, NatsTlsFiles } from './nats-config.ts';

export interface TlsMaterial {
  readonly ca?: string;
  readonly cert?: string;
  readonly key?: string;
}

export interface ConnectionMaterial {
  readonly tls: TlsMaterial | null;
  readonly authenticator: Authenticator | null;
}

const seedPattern = /\bSU[A-Z2-7]{56}\b/;

/** Reads the files; rejects with BusError that names the file. */
export async function readConnectionMaterial(
  tls: NatsTlsFiles | null,
  auth: NatsAuth | null,
): Promise<ConnectionMaterial> {
  const [material, authenticator] = await Promise.all([
    tls === null ? null : readTls(tls),
    auth === null ? null : readAuthenticator(auth),
  ]);
  return { tls: material, authenticator };
}

async function readTls(files: NatsTlsFiles): Promise<TlsMaterial> {
  const [ca, cert, key] = await Promise.all([files.caFile, files.certFile, files.keyFile].map(readOptional));
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
  };
}

async function readAuthenticator(auth: NatsAuth): Promise<Authenticator> {
  const text = await readText(auth.file);
  const seed = seedPattern.exec(text)?.[0];
  if (seed === undefined || !isSeed(seed)) {
    throw new BusError(`connect to NATS: ${auth.file} holds no user seed (SU…); replace it`);
  }
  const bytes = new TextEncoder();
  if (auth.kind === 'NKeySeed') return nkeyAuthenticator(bytes.encode(seed));
  // Tried here: in the client a throwing authenticator ends more than the attempt.
  const authenticator = credsAuthenticator(bytes.encode(text));
  try {
    authenticator('nonce');
  } catch (error) {
    throw new BusError(`connect to NATS: ${auth.file} is not a credentials file; replace it`, { cause: error });
  }
  return authenticator;
}

function isSeed(seed: string): boolean {
  try {
    nkeys.fromSeed(new TextEncoder().encode(seed)).clear();
    return true;
  } catch {
    return false; // its checksum is wrong
  }
}

async function readOptional(path: string | undefined): Promise<string | undefined> {
  return path === undefined ? undefined : await readText(path);
}

async function readText(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new BusError(`connect to NATS: read ${path}: ${reason}`, { cause: error });
  }
}
