/** An operator that dies before or after any of its writes: what it leaves is finished by the next, and nothing is done twice. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { pause } from '@sluice/testkit/pause.ts';
import { startOperatorLab } from '../operator-lab.ts';
import { CrashRun } from './crash-run.ts';
import type { CrashPoint } from './crash-switch.ts';
import { playRouting, readRoutingState, type RoutingState } from './routing-scenario.ts';

/** At the same time: each takes hardly any processor, but waits. */
const concurrent = 20;
/** Events follow the statuses that they tell of. */
const eventsMs = 2_000;
/** Longer than a new leader waits for what proxies have to say. */
const quietMs = 15_000;

interface Played {
  readonly name: string;
  readonly run: CrashRun;
  readonly read: () => Promise<RoutingState>;
}

async function play(t: TestContext, point: CrashPoint | null): Promise<Played> {
  const lab = await startOperatorLab(t);
  const proxies = lab.proxies(2);
  const run = new CrashRun(t, lab, point);
  await run.start();
  await playRouting(run, proxies);
  const name = point === null ? 'undisturbed' : `${point.side} write ${point.atWrite}: ${run.switch.writes.at(-1)}`;
  return { name, run, read: async () => await readRoutingState(lab, proxies) };
}

async function playAll(t: TestContext, points: readonly CrashPoint[]): Promise<readonly Played[]> {
  const queue = points.values();
  const played: Played[] = [];
  const work = async (): Promise<void> => {
    for (const point of queue) played.push(await play(t, point));
  };
  await Promise.all(Array.from({ length: concurrent }, work));
  return played;
}

it('An operator that crashes before or after any of its writes leaves what the next one finishes', async (t) => {
  const undisturbed = await play(t, null);
  const wanted = await undisturbed.read();
  const { writes } = undisturbed.run.switch;
  const points = writes.flatMap((_, index) => [
    { atWrite: index + 1, side: 'Before' as const },
    { atWrite: index + 1, side: 'After' as const },
  ]);
  const all = [undisturbed, ...(await playAll(t, points))];
  await pause(eventsMs);
  const before = all.map(({ run }) => run.apiWrites());
  await pause(quietMs);
  for (const [index, { name, run, read }] of all.entries()) {
    assert.deepEqual(await read(), wanted, name);
    assert.deepEqual(run.apiWrites().slice(before[index]?.length), [], `${name}: written though nothing changed`);
    assert.equal(run.lives, run.switch.isDead ? 2 : 1, name);
    assert.ok(run.lab.events <= undisturbed.run.lab.events + 1, `${name}: ${run.lab.events} events`);
  }
  // What is written together may be written in one in another run.
  const crashes = all.filter(({ run }) => run.switch.isDead).length;
  assert.ok(crashes >= points.length * 0.8, `${crashes} crashes of ${points.length}`);
  t.diagnostic(`${crashes} crashes at: ${writes.join(', ')}`);
});
