import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { startPostgres } from '@sluice/testkit/postgres-server.ts';
import { openService } from './open-service.ts';

const postgres = await startPostgres({ after });
const { client, service } = await openService({ after }, postgres);

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly tags: readonly string[];
  readonly security?: readonly unknown[];
  readonly parameters?: readonly { readonly name: string; readonly in: string }[];
  readonly responses: Readonly<Record<string, { readonly description: string; readonly headers?: object }>>;
}

const operations = Object.entries(client.document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method,
    operation: operation as unknown as Operation,
  })),
);

function referencesIn(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, entry]) => (key === '$ref' ? [String(entry)] : referencesIn(entry)));
}

test('the document is OpenAPI 3.1 and every reference in it leads somewhere', () => {
  const { openapi, components } = client.document as unknown as { openapi: string; components: { schemas: object } };
  assert.match(openapi, /^3\.1\./);
  const known = new Set(Object.keys(components.schemas).map((name) => `#/components/schemas/${name}`));
  const references = referencesIn(client.document);
  assert.ok(references.length > 100);
  for (const reference of references) assert.ok(known.has(reference), reference);
});

test('every address says what it is, what it takes and what it may answer', () => {
  assert.equal(new Set(operations.map(({ operation }) => operation.operationId)).size, operations.length);
  for (const { path, method, operation } of operations) {
    const what = `${method} ${path}`;
    assert.ok(operation.summary.length > 5 && operation.tags.length === 1, what);
    if (!path.startsWith('/v1/')) continue;
    const names = operation.parameters?.map(({ name }) => name) ?? [];
    for (const [, name] of path.matchAll(/\{(\w+)\}/g)) assert.ok(names.includes(name ?? ''), what);
    const { statuses, header } = expectedOf(method, path);
    for (const status of statuses) assert.ok(Object.hasOwn(operation.responses, status), `${what} ${status}`);
    if (header !== null) assert.ok(names.includes(header), what);
  }
});

function expectedOf(
  method: string,
  path: string,
): { readonly statuses: readonly string[]; readonly header: string | null } {
  const always = ['400', '401', '403', '429', '500', '503'];
  if (['put', 'patch', 'delete'].includes(method))
    return { statuses: [...always, '404', '412', '428'], header: 'If-Match' };
  if (method !== 'post' || path === '/v1/import') return { statuses: always, header: null };
  return { statuses: [...always, '409', '413', '415', '422'], header: 'Idempotency-Key' };
}

test('every address behind a key refuses a request without one', async () => {
  for (const { path, method, operation } of operations) {
    const isPublic = operation.security?.length === 0;
    assert.equal(isPublic, !path.startsWith('/v1/'), path);
    if (isPublic) continue;
    const concrete = path.replaceAll(/\{\w+\}/g, 'x');
    await client.expect(401, method.toUpperCase(), concrete, { key: null });
  }
});

test('the page shows the document with nothing from elsewhere', async () => {
  const response = await fetch(`${service.url}/docs/`);
  const page = await response.text();
  assert.equal(response.status, 200);
  assert.ok(!/(?:src|href)="https?:/.test(page));
  assert.match(response.headers.get('content-security-policy') ?? '', /default-src 'none'/);
  const initializer = await (await fetch(`${service.url}/docs/static/swagger-initializer.js`)).text();
  assert.match(initializer, /swagger/i);
});
