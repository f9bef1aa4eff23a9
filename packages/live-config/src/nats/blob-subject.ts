/**
 * Subjects of the object store. The id of a blob's pieces, which the layout leaves to the writer, begins with its name, so
 * that pieces whose description was never written can be found and dropped. Pure.
 */
import { snapshotBucket } from '@sluice/contract/config-subjects.ts';

const piecePrefix = `$O.${snapshotBucket}.C.`;
const descriptionPrefix = `$O.${snapshotBucket}.M.`;
/** Not among the characters of base64url. */
const separator = '~';

/** Where the description of a blob is. */
export function descriptionSubject(name: string): string {
  return `${descriptionPrefix}${encodeName(name)}`;
}

/** The id of the pieces of one version of a blob. */
export function blobIdOf(name: string, unique: string): string {
  return `${encodeName(name)}${separator}${unique}`;
}

/** Where the pieces of an id are. */
export function pieceSubject(id: string): string {
  return `${piecePrefix}${id}`;
}

/** The name of the blob that a subject belongs to; null: it is none that was written here. */
export function blobNameOfSubject(subject: string): string | null {
  if (subject.startsWith(descriptionPrefix)) return decodeName(subject.slice(descriptionPrefix.length));
  const end = subject.indexOf(separator);
  if (!subject.startsWith(piecePrefix) || end === -1) return null;
  return decodeName(subject.slice(piecePrefix.length, end));
}

/** Base64url with padding, as object stores have it. */
function encodeName(name: string): string {
  return Buffer.from(name).toString('base64').replaceAll('+', '-').replaceAll('/', '_');
}

function decodeName(token: string): string | null {
  const name = Buffer.from(token, 'base64url').toString();
  return encodeName(name) === token ? name : null;
}
