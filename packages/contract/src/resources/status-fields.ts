/** What the status of all three kinds has: conditions, the generation looked at, how many proxies are programmed. */
import { type TOptional, type TSchema, type TString, Type } from 'typebox';

/** Shared with metav1.Condition, so that every tool reads it. */
const conditionSchema = Type.Object(
  {
    type: Type.String({
      minLength: 1,
      maxLength: 64,
      pattern: '^[A-Z][A-Za-z0-9]*$',
      description:
        'What is said: Accepted, ResolvedRefs, Conflicted, Programmed, Drifted, Ready, Stalled or Reconciling; further ones may come.',
    }),
    status: Type.Enum(['True', 'False', 'Unknown'], { type: 'string', description: 'Whether it holds.' }),
    observedGeneration: Type.Optional(
      Type.Integer({ minimum: 0, format: 'int64', description: 'The metadata.generation that it was decided for.' }),
    ),
    lastTransitionTime: Type.String({
      maxLength: 35,
      format: 'date-time',
      description: 'When its status became another one.',
    }),
    reason: Type.String({
      minLength: 1,
      maxLength: 1024,
      pattern: '^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$',
      description: 'Why, in one word for programs.',
    }),
    message: Type.String({ maxLength: 4096, description: 'Why, and what to do about it, in a sentence for people.' }),
  },
  { additionalProperties: false, description: 'One thing that is known about the object.' },
);

/** A line for people, or a column of `kubectl get`. */
export function statusText(description: string, maxLength = 253): TOptional<TString> {
  return Type.Optional(Type.String({ maxLength, description }));
}

export function statusCount(description: string): TOptional<ReturnType<typeof Type.Integer>> {
  return Type.Optional(Type.Integer({ minimum: 0, format: 'int64', description }));
}

/** A list whose items go in and out together. */
export function statusList<Item extends TSchema>(
  item: Item,
  { maxItems, description }: { readonly maxItems: number; readonly description: string },
): TOptional<ReturnType<typeof Type.Array<Item>>> {
  return Type.Optional(Type.Array(item, { maxItems, description, 'x-kubernetes-list-type': 'atomic' }));
}

export const commonStatusProperties = {
  observedGeneration: statusCount('The metadata.generation that the operator last looked at.'),
  conditions: Type.Optional(
    Type.Array(conditionSchema, {
      maxItems: 16,
      description: 'What is known about the object, by type.',
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['type'],
    }),
  ),
  programmed: statusText('`n/m`: of m live proxies, n have acknowledged it as published last.', 24),
  conflictsWith: statusText(
    '`namespace/name` of the older object that is served in its place; absent: it is served itself.',
    317,
  ),
};

/**
 * The status of an object that nobody has looked at yet. Without it kstatus, and so `helm install --wait`, takes an object without
 * conditions for one that is in force. The operator's own Ready takes its place.
 */
export const pendingStatus = {
  conditions: [
    {
      type: 'Ready',
      status: 'Unknown',
      reason: 'Pending',
      message: 'waiting for the operator',
      lastTransitionTime: '1970-01-01T00:00:00Z',
    },
  ],
};
