/** The shapes that answers of the API server must have before anything else reads them. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';

const metaShape = Type.Object({
  name: Type.String(),
  namespace: Type.Optional(Type.String()),
  uid: Type.Optional(Type.String()),
  resourceVersion: Type.Optional(Type.String()),
});

const objectShape = Type.Object({ metadata: metaShape });

const statusShape = Type.Object({
  kind: Type.Literal('Status'),
  status: Type.Optional(Type.String()),
  message: Type.Optional(Type.String()),
  reason: Type.Optional(Type.String()),
  code: Type.Optional(Type.Number()),
  details: Type.Optional(
    Type.Object({
      retryAfterSeconds: Type.Optional(Type.Number()),
      causes: Type.Optional(
        Type.Array(
          Type.Object({
            reason: Type.Optional(Type.String()),
            message: Type.Optional(Type.String()),
            field: Type.Optional(Type.String()),
          }),
        ),
      ),
    }),
  ),
});

const listShape = Type.Object({
  metadata: Type.Object({ resourceVersion: Type.String(), continue: Type.Optional(Type.String()) }),
  // A nil slice of Go.
  items: Type.Union([Type.Array(objectShape), Type.Null()]),
});

const bookmarkShape = Type.Object({ metadata: Type.Object({ resourceVersion: Type.String() }) });

const watchLineShape = Type.Object({ type: Type.String(), object: Type.Unknown() });

export type StatusAnswer = Static<typeof statusShape>;

export const objectCheck = Compile(objectShape);
export const statusCheck = Compile(statusShape);
export const listCheck = Compile(listShape);
export const bookmarkCheck = Compile(bookmarkShape);
export const watchLineCheck = Compile(watchLineShape);
