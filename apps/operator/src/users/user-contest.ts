/** ProxyUsers of one name are one user: the oldest object is it. Pure. */
import { compareAge } from '../specs/object-age.ts';
import { objectName, type SluiceObject } from '../specs/kube-objects.ts';

/** `namespace/name` of the older object that is the user; null: this one is. */
export function winnerOver(object: SluiceObject, namesakes: readonly SluiceObject[]): string | null {
  const [oldest] = [object, ...namesakes].toSorted(compareAge);
  return oldest === undefined || objectName(oldest) === objectName(object) ? null : objectName(oldest);
}
