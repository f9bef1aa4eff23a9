/**
 * A key and a certificate made by openssl for one test; nothing secret is kept in the tree.
 */
import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import type { CleanupScope } from './cleanup-scope.ts';
import { runCommand } from './run-command.ts';
import { createTemporaryDirectory } from './temporary-directory.ts';

export interface SelfSignedCertificate {
  readonly key: string;
  readonly cert: string;
  readonly certPath: string;
}

/** Makes a certificate for `names`, addresses among them; the first is its common name. */
export async function createSelfSignedCertificate(
  scope: CleanupScope,
  names: readonly string[],
): Promise<SelfSignedCertificate> {
  const directory = await createTemporaryDirectory(scope);
  const keyPath = join(directory, 'key.pem');
  const certPath = join(directory, 'cert.pem');
  const alternatives = names.map((name) => `${isIP(name) === 0 ? 'DNS' : 'IP'}:${name}`).join(',');
  const result = await runCommand('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', `/CN=${names[0] ?? 'test'}`, '-addext', `subjectAltName=${alternatives}`],
    ...['-keyout', keyPath, '-out', certPath],
  ]);
  if (result.code !== 0) throw new Error(`openssl req failed: ${result.stderr}`);
  return { key: await readFile(keyPath, 'utf8'), cert: await readFile(certPath, 'utf8'), certPath };
}
