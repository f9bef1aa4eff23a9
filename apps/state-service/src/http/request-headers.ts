/** The headers that routes take, as their OpenAPI entries list them; what they must look like is judged where they are read. */
import { Type } from 'typebox';

export const ifMatchHeader = Type.Object({
  'If-Match': Type.Optional(
    Type.String({ description: 'The ETag of the version to change, or `*`. Without it: 428.', examples: ['*'] }),
  ),
});

export const ifNoneMatchHeader = Type.Object({
  'If-None-Match': Type.Optional(
    Type.String({ description: 'The ETag of the version at hand; 304 when it is current.' }),
  ),
});

export const idempotencyKeyHeader = Type.Object({
  'Idempotency-Key': Type.Optional(
    Type.String({
      description: 'Visible ASCII, 255 characters at most. The answer of the first request with it is kept for a day.',
    }),
  ),
});

export const ifMatchOrNoneHeader = Type.Object({
  ...ifMatchHeader.properties,
  'If-None-Match': Type.Optional(
    Type.String({ description: '`*`, instead of If-Match: only if there is no such resource yet.' }),
  ),
});
