import assert from 'node:assert/strict';
import { test } from 'node:test';
import { VirtualClock } from '@sluice/testkit/virtual-clock.ts';
import { Registry } from 'prom-client';
import { createEventRecorder } from '../../src/events/create-event-recorder.ts';
import type { EventObject } from '../../src/events/event-object.ts';
import { createKubeMetrics } from '../../src/kube-metrics.ts';
import type { EventRecorder } from '../../src/port/event-recorder.ts';
import type { KubeClient } from '../../src/port/kube-client.ts';
import { KubeApiError } from '../../src/port/kube-error.ts';
import type { KubeObject, ObjectMeta, ObjectName } from '../../src/port/kube-object.ts';
import { things } from '../scripted-collection.ts';

/** What would be written, and how it goes. */
class EventTable {
  readonly created: EventObject[] = [];
  readonly counts: { readonly name: string; readonly count: number }[] = [];
  failure: Error | null = null;
  attempts = 0;

  client(): Pick<KubeClient, 'create' | 'patch'> {
    return {
      create: async <T extends KubeObject>(_resource: unknown, object: T) => {
        await this.#reach();
        this.created.push(object as unknown as EventObject);
        return object;
      },
      patch: async <T extends KubeObject>(_resource: unknown, { name }: ObjectName, patch: unknown) => {
        await this.#reach();
        const { body } = patch as { readonly body: { readonly series: { readonly count: number } } };
        this.counts.push({ name, count: body.series.count });
        return {} as T;
      },
    };
  }

  async #reach(): Promise<void> {
    await Promise.resolve();
    this.attempts += 1;
    if (this.failure !== null) throw this.failure;
  }
}

interface Recording {
  readonly table: EventTable;
  readonly clock: VirtualClock;
  readonly recorder: EventRecorder;
  readonly lost: (reason: string) => Promise<number>;
}

function record(): Recording {
  const table = new EventTable();
  let seed = 0;
  const clock = new VirtualClock({ random: () => (seed = (seed + 0.1234) % 1) });
  const registry = new Registry();
  const metrics = createKubeMetrics(registry).events;
  const reporter = { controller: 'example.org/operator', instance: 'operator-1' };
  const recorder = createEventRecorder(reporter, { client: table.client(), clock, metrics });
  return {
    table,
    clock,
    recorder,
    lost: async (reason) =>
      Number(
        new RegExp(`kube_events_lost_total\\{reason="${reason}"\\} (\\d+)`).exec(await registry.metrics())?.[1] ?? 0,
      ),
  };
}

const meta: ObjectMeta = { name: 'x', namespace: 'a', uid: 'u1', resourceVersion: '7' };
const rejected = { type: 'Warning', reason: 'Rejected', action: 'Program', note: 'proxy-1: port taken' } as const;

test('writes an event with all that the API asks for', async () => {
  const { table, clock, recorder } = record();
  recorder.record(things, meta, rejected);
  await clock.advance(0);
  const [{ metadata, ...event } = { metadata: { name: '' } }] = table.created;
  assert.match(metadata.name, /^x\.[0-9a-f]{10,}$/);
  assert.deepEqual(event, {
    eventTime: '2030-01-01T00:00:00.000000Z',
    reportingController: 'example.org/operator',
    reportingInstance: 'operator-1',
    ...rejected,
    regarding: {
      apiVersion: 'example.org/v1',
      kind: 'Thing',
      namespace: 'a',
      name: 'x',
      uid: 'u1',
      resourceVersion: '7',
    },
  });
});

test('makes a series of what is repeated, its count written at most once a minute', async () => {
  const { table, clock, recorder } = record();
  for (let second = 0; second < 200; second += 1) {
    recorder.record(things, { ...meta, resourceVersion: String(second) }, rejected);
    await clock.advance(1_000);
  }
  assert.equal(table.created.length, 1);
  assert.ok(table.counts.length >= 2 && table.counts.length <= 4, JSON.stringify(table.counts));
  assert.equal(table.counts.at(-1)?.name, table.created[0]?.metadata.name);
  await clock.advance(600_000);
  assert.equal(table.counts.at(-1)?.count, 200);
  recorder.record(things, meta, rejected);
  await clock.advance(0);
  assert.equal(table.created.length, 2);
  assert.notEqual(table.created[0]?.metadata.name, table.created[1]?.metadata.name);
});

test('cuts an object short that has too much to say, and not the others', async () => {
  const { table, clock, recorder, lost } = record();
  for (let n = 0; n < 100; n += 1) recorder.record(things, meta, { ...rejected, note: `attempt ${n}` });
  recorder.record(things, { ...meta, name: 'y', uid: 'u2' }, rejected);
  await clock.advance(60_000);
  assert.equal(table.created.length, 26);
  assert.equal(await lost('Spam'), 75);
});

test('writes no faster than five a second after fifty at once', async () => {
  const { table, clock, recorder } = record();
  for (let n = 0; n < 200; n += 1) recorder.record(things, { ...meta, name: `x${n}`, uid: `u${n}` }, rejected);
  await clock.advance(10_000);
  assert.ok(table.created.length >= 95 && table.created.length <= 101, String(table.created.length));
});

test('tries an event again when the API server is away, and gives up in the end', async () => {
  const { table, clock, recorder, lost } = record();
  table.failure = new Error('connection refused');
  recorder.record(things, meta, rejected);
  await clock.advance(1_000);
  table.failure = null;
  await clock.advance(10_000);
  assert.equal(table.created.length, 1);
  table.failure = new Error('connection refused');
  recorder.record(things, meta, { ...rejected, note: 'other' });
  await clock.advance(120_000);
  assert.equal(await lost('Failed'), 1);
});

test('takes a refusal for the end of it', async () => {
  const { table, clock, recorder, lost } = record();
  table.failure = new KubeApiError('the namespace is ending', { status: 403, reason: 'Forbidden' });
  recorder.record(things, meta, rejected);
  await clock.advance(60_000);
  assert.equal(table.attempts, 1);
  assert.equal(await lost('Refused'), 1);
});

test('writes what is pending when it closes, and takes nothing more', async () => {
  const { table, clock, recorder } = record();
  recorder.record(things, meta, rejected);
  recorder.record(things, meta, rejected);
  const closed = recorder.close(new AbortController().signal);
  await clock.advance(1_000);
  await closed;
  recorder.record(things, meta, { ...rejected, reason: 'Late' });
  await clock.advance(1_000);
  assert.equal(table.created.length, 1);
  assert.deepEqual(
    table.counts.map(({ count }) => count),
    [2],
  );
});

test('keeps within what the API server accepts, in bytes', async () => {
  const { table, clock, recorder } = record();
  const long = 'ü'.repeat(3_000);
  recorder.record(
    things,
    { ...meta, name: `${'n'.repeat(219)}.-x` },
    { ...rejected, note: long, reason: 'R'.repeat(500) },
  );
  await clock.advance(0);
  const [event] = table.created;
  assert.ok(Buffer.byteLength(event?.note ?? '') <= 1_024);
  assert.ok((event?.note ?? '').endsWith('ü…'));
  assert.equal(event?.reason.length, 126);
  assert.match(event.metadata.name, /^n{219}\.[0-9a-f]+$/);
});
