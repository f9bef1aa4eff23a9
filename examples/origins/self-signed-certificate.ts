/**
 * A key and a certificate of the origins' own, made by openssl at each start: nothing secret is kept in the tree. Node has
 * no call that makes a certificate.
 */
import { execFile } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

export interface SelfSignedCertificate {
  readonly key: string;
  readonly cert: string;
  /** For `curl --cacert` and `openssl -CAfile`. */
  readonly certPath: string;
}

/** Makes a certificate for `names` in `directory`; rejects when openssl is not installed or fails. */
export async function makeSelfSignedCertificate(
  directory: string,
  names: readonly string[],
): Promise<SelfSignedCertificate> {
  const keyPath = join(directory, 'key.pem');
  const certPath = join(directory, 'origins.pem');
  await promisify(execFile)('openssl', [
    ...['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '2'],
    ...['-subj', '/CN=Sluice quickstart', '-addext', `subjectAltName=${names.map((name) => `DNS:${name}`).join(',')}`],
    ...['-keyout', keyPath, '-out', certPath],
  ]);
  return { key: await readFile(keyPath, 'utf8'), cert: await readFile(certPath, 'utf8'), certPath };
}
