/** One line of a watch -> one event. Pure. */
import type { WatchEvent } from '../port/kube-client.ts';
import { KubeTransportError } from '../port/kube-error.ts';
import type { KubeObject } from '../port/kube-object.ts';
import { bookmarkCheck, objectCheck, watchLineCheck } from './api-shapes.ts';
import { parseJson } from './parse-json.ts';
import { readStreamError } from './read-refusal.ts';

const eventTypes = { ADDED: 'Added', MODIFIED: 'Modified', DELETED: 'Deleted' } as const;

function isChange(type: string): type is keyof typeof eventTypes {
  return Object.hasOwn(eventTypes, type);
}

/** null: of a type that is not known, which later versions may send. Throws KubeTransportError if it cannot be read. */
export function decodeWatchLine<T extends KubeObject>(what: string, line: string): WatchEvent<T> | null {
  const read = parseJson(line);
  if (!watchLineCheck.Check(read)) throw unreadable(what, 'a line is no event');
  const { type, object } = read;
  if (type === 'ERROR') return { type: 'Error', error: readStreamError(what, object) };
  if (type === 'BOOKMARK') {
    if (!bookmarkCheck.Check(object)) throw unreadable(what, 'a bookmark has no resourceVersion');
    return { type: 'Bookmark', resourceVersion: object.metadata.resourceVersion };
  }
  if (!isChange(type)) return null;
  if (!objectCheck.Check(object)) throw unreadable(what, 'an event carries no object');
  return { type: eventTypes[type], object: object as unknown as T };
}

function unreadable(what: string, why: string): KubeTransportError {
  return new KubeTransportError(`${what}: the answer cannot be read: ${why}`, 'Unreadable');
}
