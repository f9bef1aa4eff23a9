/**
 * POST /v1/import: groups, users and rules, one a line, each with a result of its own. Streams both ways: a client must read
 * results while it sends lines, or neither side goes on. Batches are transactions; the whole is not one.
 */
import { Readable } from 'node:stream';
import { Type } from 'typebox';
import { writeContextOf } from '../caller.ts';
import { documentedAnswers } from '../documented-answers.ts';
import { type ImportBounds, importResults } from '../import-results.ts';
import { ProblemError } from '../problem-error.ts';
import type { StateApp } from '../request-context.ts';
import type { StateApiParts } from '../state-api-deps.ts';

const ndjson = 'application/x-ndjson';
const query = Type.Object(
  {
    onConflict: Type.Optional(
      Type.Enum(['Fail', 'Replace'], {
        type: 'string',
        description:
          'What becomes of a line whose name is there already; absent: Fail. With Replace an import may be repeated.',
      }),
    ),
  },
  { additionalProperties: false },
);
const linesSchema = Type.String({ description: 'One JSON object a line.' });
const needs = [
  ['users', 'write'],
  ['groups', 'write'],
  ['acl', 'write'],
  ['credentials', 'write'],
] as const;

/** To be registered in a scope of its own: only here a body is newline-delimited. */
export function registerImportRoutes(app: StateApp, parts: StateApiParts, bounds: ImportBounds): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(ndjson, (_request, payload, done) => done(null, payload));
  app.post(
    '/v1/import',
    {
      config: { access: { kind: 'AllOf', needs } },
      schema: {
        operationId: 'importResources',
        summary: 'Creates or replaces groups, users and rules in bulk',
        description: `At most ${bounds.maxImportBytes} bytes, ${bounds.maxLineBytes} a line. Read the results while sending. The last line of the answer is the summary.`,
        tags: ['transfer'],
        consumes: [ndjson],
        querystring: query,
        response: documentedAnswers(
          { 200: { description: 'A result for each line.', content: { [ndjson]: { schema: linesSchema } } } },
          ['body-too-large', 'unsupported-media-type'],
        ),
      },
    },
    async (request, reply) => {
      const body = request.body;
      if (!(body instanceof Readable)) {
        throw new ProblemError('unsupported-media-type', { detail: `The body is missing; send lines of ${ndjson}` });
      }
      if (Number(request.headers['content-length'] ?? 0) > bounds.maxImportBytes) {
        throw new ProblemError('body-too-large', { detail: `The body is larger than ${bounds.maxImportBytes} bytes` });
      }
      const gone = new AbortController();
      reply.raw.once('close', () => gone.abort());
      const results = importResults(body, bounds, {
        store: parts.store,
        context: writeContextOf(request),
        onConflict: request.query.onConflict ?? 'Fail',
        signal: gone.signal,
        onFailure: (error) => parts.logger.warn('import cut short', { requestId: request.id, reason: String(error) }),
      });
      // The first result before the head of the answer: a database that is down is a 503 then.
      const first = await results.next();
      const lines = Readable.from(resumed(first, results), { objectMode: false, highWaterMark: 64 * 1024 });
      return reply.type(ndjson).send(lines);
    },
  );
}

async function* resumed(first: IteratorResult<Buffer>, rest: AsyncGenerator<Buffer>): AsyncGenerator<Buffer> {
  if (first.done === true) return;
  yield first.value;
  yield* rest;
}
