/**
 * A hundred thousand users, or a million: what their publisher takes to fill an empty bucket and to take over a full one, how large
 * the snapshot is, how long a proxy that knows nothing takes until it serves (from NATS, from its disk), what it holds in memory,
 * and what one change costs its decision isolate.
 */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import type { ControlledProxy } from '@sluice/testkit/controlled-proxy.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { type Percentiles, percentiles } from '../statistics/percentiles.ts';
import { ClosingScope } from './closing-scope.ts';
import { openDecisionThread } from './decision-thread.ts';
import { loadUsers } from './load-users.ts';
import { type ProcessMemory, readProcessMemory } from './process-memory.ts';
import { openRangeHead, type RangeHead, type ReadRangeHead, untilRangeHead } from './range-head.ts';

export interface UserScaleResult {
  readonly users: number;
  /** From the start of the process to the head that counts all in. */
  readonly fillSeconds: number;
  readonly takeoverSeconds: number;
  readonly publisherMemory: ProcessMemory;
  /** null: a range of this size has none, the watch carries it. */
  readonly snapshotBytes: number | null;
  readonly tableBytes: number;
  /** From the start of the process to its ready line. */
  readonly readyFromNatsSeconds: number;
  readonly readyFromDiskSeconds: number;
  /** After the table was written. */
  readonly proxyMemory: ProcessMemory;
  readonly proxyMemoryFromDisk: ProcessMemory;
  readonly updates: UpdateCost;
}

export interface UpdateCost {
  readonly count: number;
  /** From the request to its answer, milliseconds. */
  readonly answered?: Percentiles | undefined;
  /** From the request to the revision in force, milliseconds. */
  readonly inForce: Percentiles | undefined;
  /** Decision isolate: times it did one thing for at least so long, while the updates came. */
  readonly pauses: readonly { readonly atLeastMs: number; readonly count: number }[];
  /** Of the main isolate's wait for the decision isolate, on average. */
  readonly applyMs: number;
  /** Decision isolate, from one change to the next: processor time, and time that it waited for a processor. Absent: the kernel keeps no account. */
  readonly ran?: Percentiles | undefined;
  readonly waited?: Percentiles | undefined;
}

const patienceMs = 900_000;
const updates = 200;

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;

interface Publishing {
  readonly fillSeconds: number;
  readonly takeoverSeconds: number;
  readonly publisherMemory: ProcessMemory;
  readonly snapshotBytes: number | null;
}

async function measurePublisher(plane: ControlPlane, read: ReadRangeHead, users: number): Promise<Publishing> {
  const [service] = plane.services;
  if (service === undefined) throw new Error('there is no state service');
  const filledFrom = performance.now();
  await service.process.start();
  const confirms = ({ count, isConfirmed }: RangeHead): boolean => count === users && isConfirmed;
  await untilRangeHead(read, 'filling the bucket', confirms);
  const fillSeconds = secondsSince(filledFrom);
  const hasSnapshot = users > 100_000;
  const filled = await untilRangeHead(read, 'the snapshot', (head) => !hasSnapshot || head.snapshotBytes !== null);
  await service.process.kill();
  const takenFrom = performance.now();
  await service.process.start();
  const isTaken = (head: RangeHead): boolean => head.epoch > filled.epoch && confirms(head);
  await untilRangeHead(read, 'taking over', isTaken);
  const takeoverSeconds = secondsSince(takenFrom);
  const snapshot = await untilRangeHead(read, 'the snapshot', (head) => !hasSnapshot || head.snapshotBytes !== null);
  const publisherMemory = await readProcessMemory(service.process.pid ?? 0);
  return { fillSeconds, takeoverSeconds, publisherMemory, snapshotBytes: snapshot.snapshotBytes };
}

async function untilTableWritten(proxy: ControlledProxy): Promise<number> {
  const path = join(proxy.stateDirectory ?? '', 'users.last-good');
  await eventually(
    async () => {
      const metrics = await proxy.process.metrics();
      if (metrics.sum('sluice_config_events_total', { range: 'users', event: 'tablesSaved' }) === 0) {
        throw new Error('no table has been written');
      }
    },
    { timeoutMs: patienceMs, intervalMs: 100 },
  );
  return (await stat(path)).size;
}

interface Counted {
  readonly pauses: readonly { readonly atLeastMs: number; readonly count: number }[];
  readonly applies: number;
  readonly applySeconds: number;
}

const pauseLengthsMs = [5, 10, 20, 50, 100];

async function readCounted(proxy: ControlledProxy): Promise<Counted> {
  const metrics = await proxy.process.metrics();
  return {
    pauses: pauseLengthsMs.map((atLeastMs) => ({
      atLeastMs,
      count: metrics.sum('sluice_decision_pauses_total', { at_least: String(atLeastMs / 1000) }),
    })),
    applies: metrics.sum('sluice_config_apply_seconds_count', { range: 'users' }),
    applySeconds: metrics.sum('sluice_config_apply_seconds_sum', { range: 'users' }),
  };
}

/** One change after the other, each in force before the next. */
async function measureUpdates({ client }: ControlPlane, proxy: ControlledProxy): Promise<UpdateCost> {
  const before = await readCounted(proxy);
  const answers: number[] = [];
  const times: number[] = [];
  const ran: number[] = [];
  const waited: number[] = [];
  const readTimes = await openDecisionThread(proxy.process.pid);
  const verifier = createCheapVerifier('correct horse');
  for (let turn = 1; turn <= updates; turn += 1) {
    const { revision } = await proxy.users();
    const threadBefore = await readTimes?.();
    const startedAt = performance.now();
    await client.addCredential(`user-${turn}`, verifier);
    answers.push(performance.now() - startedAt);
    while ((await proxy.users()).revision === revision) await pause(2);
    times.push(performance.now() - startedAt);
    const thread = await readTimes?.();
    if (threadBefore === undefined || thread === undefined) continue;
    ran.push(thread.ranMs - threadBefore.ranMs);
    waited.push(thread.waitedMs - threadBefore.waitedMs);
  }
  const after = await readCounted(proxy);
  return {
    count: updates,
    answered: percentiles(answers),
    inForce: percentiles(times),
    pauses: after.pauses.map(({ atLeastMs, count }, index) => ({
      atLeastMs,
      count: count - (before.pauses[index]?.count ?? 0),
    })),
    applyMs: ((after.applySeconds - before.applySeconds) / (after.applies - before.applies)) * 1000,
    ran: percentiles(ran),
    waited: percentiles(waited),
  };
}

/** Starts with nothing but Postgres; some minutes for a million. */
export async function measureUserScale(users: number, say: (line: string) => void): Promise<UserScaleResult> {
  const scope = new ClosingScope();
  const tell = (line: string): void => say(`users-${users}: ${line}`);
  try {
    const plane = await startControlPlane(scope, { postgres: { settings: { shared_buffers: '256MB' } } });
    for (const { process } of plane.services) await process.stop();
    await loadUsers(plane, users);
    tell('loaded into Postgres');
    const read = await openRangeHead(scope, plane.nats.url, 'users');
    const publishing = await measurePublisher(plane, read, users);
    tell(`published: ${JSON.stringify(publishing)}`);
    const proxy = plane.planProxy('cold', { startTimeout: '10m', startTimeoutMs: patienceMs });
    const startedAt = performance.now();
    await proxy.start();
    const readyFromNatsSeconds = secondsSince(startedAt);
    const tableBytes = await untilTableWritten(proxy);
    const proxyMemory = await readProcessMemory(proxy.process.pid);
    tell(`ready from NATS after ${readyFromNatsSeconds.toFixed(1)} s, ${JSON.stringify(proxyMemory)}`);
    const cost = await measureUpdates(plane, proxy);
    tell(`updates: ${JSON.stringify(cost)}`);
    await proxy.kill();
    plane.nats.pause();
    const restartedAt = performance.now();
    await proxy.start();
    const readyFromDiskSeconds = secondsSince(restartedAt);
    const proxyMemoryFromDisk = await readProcessMemory(proxy.process.pid);
    tell(`ready from disk after ${readyFromDiskSeconds.toFixed(1)} s, ${JSON.stringify(proxyMemoryFromDisk)}`);
    return {
      ...{ users, ...publishing, tableBytes, readyFromNatsSeconds, readyFromDiskSeconds },
      ...{ proxyMemory, proxyMemoryFromDisk, updates: cost },
    };
  } finally {
    await scope.close();
  }
}
