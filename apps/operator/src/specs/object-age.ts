/** Which of two objects came first, for every quarrel that the older one wins. Pure. */
import type { KubeObject } from '@sluice/kube/port/kube-object.ts';
import { objectName } from './kube-objects.ts';

/** Before 0: `a` is the older. By creation, then by `namespace/name`: never 0 for two objects. */
export function compareAge(a: Pick<KubeObject, 'metadata'>, b: Pick<KubeObject, 'metadata'>): number {
  return (
    compareText(a.metadata.creationTimestamp ?? '', b.metadata.creationTimestamp ?? '') ||
    compareText(objectName(a), objectName(b))
  );
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
