/** Server-side apply: creation, ownership, conflicts that name the other, what goes when its owner drops it. */
import assert from 'node:assert/strict';
import type { KubeAnswer } from '../kube-client.ts';
import type { KubeObject } from '../kube-object.ts';
import { type ContractCase, type ContractContext, createWidget, widgetApiVersion } from './contract-case.ts';

interface ApplyRequest {
  readonly manager: string;
  readonly fields: object;
  readonly isForced?: boolean;
  readonly subresource?: string;
}

async function tryApply(
  { client, widgets }: ContractContext,
  { manager, fields, isForced = false, subresource }: ApplyRequest,
): Promise<KubeAnswer> {
  return await client.send(`${widgets}/one${subresource === undefined ? '' : `/${subresource}`}`, {
    method: 'PATCH',
    contentType: 'application/apply-patch+yaml',
    query: { fieldManager: manager, ...(isForced ? { force: 'true' } : {}) },
    body: { apiVersion: widgetApiVersion, kind: 'Widget', metadata: { name: 'one' }, ...fields },
  });
}

async function apply(context: ContractContext, request: ApplyRequest): Promise<KubeObject> {
  const answer = await tryApply(context, request);
  assert.ok(answer.status < 300, JSON.stringify(answer.body));
  return answer.body;
}

/** `manager operation subresource`, sorted. */
function ownersOf(object: KubeObject): readonly string[] {
  const entries = object.metadata.managedFields ?? [];
  return entries
    .map(({ manager, operation, subresource }) =>
      [manager, operation, ...(subresource === undefined ? [] : [subresource])].join(' '),
    )
    .toSorted();
}

function condition(type: string, status: string, rest: object = {}): object {
  return { type, status, ...rest };
}

export const applyCases: readonly ContractCase[] = [
  {
    name: 'creates with the first apply (201), and changes nothing with the same again',
    async run(context) {
      const request = { manager: 'ann', fields: { spec: { color: 'red', options: { a: '1' } } } };
      const first = await tryApply(context, request);
      assert.equal(first.status, 201);
      assert.deepEqual(ownersOf(first.body), ['ann Apply']);
      const again = await tryApply(context, request);
      assert.deepEqual([again.status, again.body.metadata.resourceVersion], [200, first.body.metadata.resourceVersion]);
    },
  },
  {
    name: 'refuses another value of a field that another manager applied, naming manager and field; force takes it over',
    async run(context) {
      await apply(context, { manager: 'ann', fields: { spec: { color: 'red', size: 1 } } });
      const refused = await tryApply(context, { manager: 'bob', fields: { spec: { color: 'blue' } } });
      assert.partialDeepStrictEqual(refused.body, { code: 409, reason: 'Conflict' });
      assert.match(String(refused.body['message']), /conflict with "ann".*: \.spec\.color/);
      assert.partialDeepStrictEqual(refused.body, {
        details: { causes: [{ reason: 'FieldManagerConflict', field: '.spec.color' }] },
      });
      const forced = await apply(context, { manager: 'bob', fields: { spec: { color: 'blue' } }, isForced: true });
      assert.deepEqual(forced['spec'], { color: 'blue', size: 1 });
      // Now the field is bob's: ann, who no longer applies it, does not take it away.
      const left = await apply(context, { manager: 'ann', fields: { spec: { size: 2 } } });
      assert.deepEqual(left['spec'], { color: 'blue', size: 2 });
    },
  },
  {
    name: 'lets two managers own the same value, and removes it when both have dropped it',
    async run(context) {
      await apply(context, { manager: 'ann', fields: { spec: { color: 'red', size: 1 } } });
      await apply(context, { manager: 'bob', fields: { spec: { color: 'red' } } });
      const shared = await apply(context, { manager: 'ann', fields: { spec: { size: 1 } } });
      assert.deepEqual(shared['spec'], { color: 'red', size: 1 });
      const gone = await apply(context, { manager: 'bob', fields: { spec: { options: { a: '1' } } } });
      assert.deepEqual(gone['spec'], { size: 1, options: { a: '1' } });
    },
  },
  {
    name: 'takes away what its owner no longer applies, and the empty field around it',
    async run(context) {
      const labels = { a: '1', b: '2' };
      await apply(context, {
        manager: 'ann',
        fields: { metadata: { name: 'one', labels }, spec: { color: 'red', options: { a: '1' } } },
      });
      const fewer = await apply(context, {
        manager: 'ann',
        fields: { metadata: { name: 'one', labels: { a: '1' } }, spec: { color: 'red' } },
      });
      assert.deepEqual(fewer.metadata.labels, { a: '1' });
      assert.deepEqual(fewer['spec'], { color: 'red' });
      const none = await apply(context, { manager: 'ann', fields: { spec: { color: 'red' } } });
      assert.equal(none.metadata.labels, undefined);
    },
  },
  {
    name: 'gives a field that was written by PUT to who wrote it',
    async run(context) {
      const { client, widgets } = context;
      const created = await apply(context, { manager: 'ann', fields: { spec: { color: 'red' } } });
      const query = { fieldManager: 'editor' };
      await client.call(`${widgets}/one`, { method: 'PUT', query, body: { ...created, spec: { color: 'blue' } } });
      const refused = await tryApply(context, { manager: 'ann', fields: { spec: { color: 'red' } } });
      assert.match(String(refused.body['message']), /conflict with "editor"/);
      const agreed = await apply(context, { manager: 'ann', fields: { spec: { color: 'blue' } } });
      assert.deepEqual(ownersOf(agreed), ['ann Apply', 'editor Update']);
    },
  },
  {
    name: 'replaces a plain list as one value',
    async run(context) {
      await apply(context, { manager: 'ann', fields: { spec: { tags: ['a', 'b'] } } });
      const refused = await tryApply(context, { manager: 'bob', fields: { spec: { tags: ['c'] } } });
      assert.match(String(refused.body['message']), /: \.spec\.tags/);
      const own = await apply(context, { manager: 'ann', fields: { spec: { tags: ['c'] } } });
      assert.deepEqual(own['spec'], { tags: ['c'] });
    },
  },
  {
    name: 'merges conditions by type: each manager has its own, and takes only its own away',
    async run(context) {
      await createWidget(context, 'one');
      const set = async (manager: string, conditions: readonly object[]) =>
        await apply(context, { manager, subresource: 'status', fields: { status: { conditions } } });
      await set('ann', [condition('Ready', 'True', { message: 'm' }), condition('Old', 'True')]);
      const both = await set('bob', [condition('Other', 'False')]);
      assert.deepEqual(
        ownersOf(both).filter((owner) => owner.endsWith('status')),
        ['ann Apply status', 'bob Apply status'],
      );
      const later = await set('ann', [condition('Ready', 'False')]);
      assert.deepEqual(later['status'], { conditions: [condition('Ready', 'False'), condition('Other', 'False')] });
      assert.equal(later.metadata.generation, 1);
      const refused = await tryApply(context, {
        manager: 'bob',
        subresource: 'status',
        fields: { status: { conditions: [condition('Ready', 'True')] } },
      });
      assert.match(
        String(refused.body['message']),
        /conflict with "ann" with subresource "status".*: \.status\.conditions\[type="Ready"\]\.status/,
      );
    },
  },
  {
    name: 'orders a merged list as it is applied, and owns nothing of an empty one',
    async run(context) {
      await createWidget(context, 'one');
      const set = async (manager: string, conditions: readonly object[]): Promise<readonly object[]> => {
        const fields = { status: { observedGeneration: 1, conditions } };
        const object = await apply(context, { manager, subresource: 'status', fields });
        return (object['status'] as { readonly conditions: readonly object[] }).conditions;
      };
      const [first, second, third] = ['A', 'B', 'C'].map((type) => condition(type, 'True'));
      assert.ok(first !== undefined && second !== undefined && third !== undefined);
      assert.deepEqual(await set('ann', []), []);
      assert.deepEqual(await set('bob', [second, third]), [second, third]);
      assert.deepEqual(await set('ann', [first, third]), [second, first, third]);
      assert.deepEqual(await set('bob', []), [first, third]);
    },
  },
  {
    name: 'keeps status and spec apart, and creates no object at the status',
    async run(context) {
      const absent = await tryApply(context, { manager: 'ann', subresource: 'status', fields: { status: {} } });
      assert.equal(absent.status, 404);
      await apply(context, { manager: 'ann', fields: { spec: { color: 'red' }, status: { observedGeneration: 9 } } });
      const atStatus = await apply(context, {
        manager: 'ann',
        subresource: 'status',
        fields: { spec: { color: 'blue' }, status: { observedGeneration: 1 } },
      });
      assert.deepEqual([atStatus['spec'], atStatus['status']], [{ color: 'red' }, { observedGeneration: 1 }]);
      assert.deepEqual(ownersOf(atStatus), ['ann Apply', 'ann Apply status']);
      const changed = await apply(context, { manager: 'ann', fields: { spec: { color: 'blue' } } });
      assert.deepEqual([changed.metadata.generation, changed['status']], [2, { observedGeneration: 1 }]);
    },
  },
  {
    name: 'creates nothing when the applied object names a uid, and compares uid and version of one that is there',
    async run(context) {
      const uid = '00000000-0000-0000-0000-000000000000';
      const meant = { manager: 'ann', fields: { metadata: { name: 'one', uid }, spec: {} } };
      assert.partialDeepStrictEqual((await tryApply(context, meant)).body, { code: 409, reason: 'Conflict' });
      assert.equal((await context.client.send(`${context.widgets}/one`)).status, 404);
      const created = await createWidget(context, 'one');
      assert.partialDeepStrictEqual((await tryApply(context, meant)).body, { code: 422, reason: 'Invalid' });
      const stale = { name: 'one', uid: created.metadata.uid, resourceVersion: '1' };
      for (const metadata of [stale, { ...stale, uid }]) {
        const refused = await tryApply(context, { manager: 'ann', fields: { metadata } });
        assert.partialDeepStrictEqual(refused.body, { code: 409, reason: 'Conflict' });
      }
    },
  },
  {
    // So only the version keeps a status from an object of the same name that came after.
    name: 'compares the version, but no uid, where a status is applied',
    async run(context) {
      const { client, widgets } = context;
      const old = await createWidget(context, 'one');
      await client.call(`${widgets}/one`, { method: 'DELETE' });
      const created = await createWidget(context, 'one');
      const atStatus = async (metadata: object) =>
        await tryApply(context, {
          manager: 'ann',
          subresource: 'status',
          fields: { metadata: { name: 'one', ...metadata }, status: { observedGeneration: 1 } },
        });
      const stale = { resourceVersion: old.metadata.resourceVersion };
      assert.partialDeepStrictEqual((await atStatus(stale)).body, { code: 409, reason: 'Conflict' });
      const other = await atStatus({ uid: old.metadata.uid });
      assert.deepEqual([other.status, other.body.metadata.uid], [200, created.metadata.uid]);
    },
  },
  {
    name: 'wants to know who applies',
    async run({ client, widgets }) {
      const answer = await client.send(`${widgets}/one`, {
        method: 'PATCH',
        contentType: 'application/apply-patch+yaml',
        body: { apiVersion: widgetApiVersion, kind: 'Widget', metadata: { name: 'one' } },
      });
      assert.ok(answer.status === 400 || answer.status === 422, String(answer.status));
    },
  },
];
