/** GET /v1/export: groups, users and rules as lines that /v1/import takes; as many in memory as the client reads. */
import { Readable } from 'node:stream';
import type { ExportRow } from '../../domain/import-row.ts';
import { documentedAnswers } from '../documented-answers.ts';
import { Type } from 'typebox';
import type { StateApp } from '../request-context.ts';
import { aclRuleFields, groupFields, userFields } from '../resource-bodies.ts';
import type { StateApiParts } from '../state-api-deps.ts';

const ndjson = 'application/x-ndjson';
const linesSchema = Type.String({ description: 'One JSON object a line, as POST /v1/import takes them.' });

export function registerExportRoutes(app: StateApp, { store, logger }: StateApiParts): void {
  app.get(
    '/v1/export',
    {
      config: {
        access: {
          kind: 'AllOf',
          needs: [
            ['users', 'read'],
            ['groups', 'read'],
            ['acl', 'read'],
          ],
        },
      },
      schema: {
        operationId: 'exportResources',
        summary: 'Streams every group, user and rule; no credentials',
        description: 'The last line is `{"kind":"End"}`: without it the export was cut short.',
        tags: ['transfer'],
        response: documentedAnswers(
          { 200: { description: 'Newline-delimited JSON.', content: { [ndjson]: { schema: linesSchema } } } },
          [],
        ),
      },
    },
    async (request, reply) => {
      const rows = store.exportRows()[Symbol.asyncIterator]();
      // The first row before the head of the answer: a database that is down is a 503 then, not a broken stream.
      const first = await rows.next();
      const lines = Readable.from(exportLines(first, rows), { objectMode: false, highWaterMark: 64 * 1024 });
      lines.on('error', (error) => logger.warn('export cut short', { requestId: request.id, reason: error.message }));
      return reply.type(ndjson).send(lines);
    },
  );
}

async function* exportLines(first: IteratorResult<ExportRow>, rows: AsyncIterator<ExportRow>): AsyncGenerator<Buffer> {
  try {
    for (let row = first; row.done !== true; row = await rows.next()) {
      yield Buffer.from(`${JSON.stringify(exportLine(row.value))}\n`);
    }
    yield Buffer.from('{"kind":"End"}\n');
  } finally {
    await rows.return?.();
  }
}

function exportLine(row: ExportRow): object {
  switch (row.kind) {
    case 'Group':
      return { kind: row.kind, group: groupFields(row.group) };
    case 'User':
      return { kind: row.kind, user: userFields(row.user) };
    case 'AclRule':
      return { kind: row.kind, id: row.id, rule: aclRuleFields(row.rule) };
  }
}
