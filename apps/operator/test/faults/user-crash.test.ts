/** An operator that dies before or after any of its writes about users: what it leaves is finished by the next, and nothing is put twice. */
import assert from 'node:assert/strict';
import { it, type TestContext } from 'node:test';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import { whyNoNatsServer } from '@sluice/testkit/find-nats-server.ts';
import { startFakeKube } from '@sluice/testkit/kube/fake/start-fake-kube.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { createHttpStateApi } from '../../src/users/http-state-api.ts';
import { grantResource, homeNamespace, listenerResource, OperatorLab, routeResource } from '../operator-lab.ts';
import { UserLab, userResource } from '../users/user-lab.ts';
import { CrashRun } from './crash-run.ts';
import type { CrashPoint } from './crash-switch.ts';
import { UserStory } from './user-scenario.ts';

const skip = await whyNoNatsServer();
const resources = [routeResource, listenerResource, grantResource, userResource];
const concurrent = 12;
/** Events follow the statuses that they tell of. */
const eventsMs = 2_000;
const quietMs = 15_000;

interface Played {
  readonly name: string;
  readonly run: CrashRun;
  readonly story: UserStory;
}

interface Shared {
  readonly t: TestContext;
  readonly plane: ControlPlane;
  readonly key: string;
}

async function play({ t, plane, key }: Shared, point: CrashPoint | null): Promise<Played> {
  const lab = new OperatorLab(t, await startFakeKube(t, { resources, namespaces: [homeNamespace] }));
  const prefix = point === null ? 'calm' : `${point.side.toLowerCase()}-${point.atWrite}`;
  const url = new URL(plane.services[0]?.url ?? '');
  const run = new CrashRun(t, lab, point, {
    users: { owner: `k8s-${prefix}`, releaseMs: 600_000 },
    openState: () => createHttpStateApi({ url, ca: null, readKey: () => Promise.resolve(key) }),
  });
  const story = new UserStory(run, plane, prefix);
  await run.start();
  await story.play();
  return { name: `${prefix}: ${run.switch.writes.at(-1)}`, run, story };
}

async function playAll(shared: Shared, points: readonly CrashPoint[]): Promise<readonly Played[]> {
  const queue = points.values();
  const played: Played[] = [];
  const work = async (): Promise<void> => {
    for (const point of queue) played.push(await play(shared, point));
  };
  await Promise.all(Array.from({ length: concurrent }, work));
  return played;
}

async function openShared(t: TestContext): Promise<Shared> {
  const [kube, plane] = await Promise.all([
    startFakeKube(t, { resources, namespaces: [homeNamespace] }),
    startControlPlane(t),
  ]);
  const made = await plane.client.ask({
    method: 'POST',
    path: '/v1/api-keys',
    body: { client: 'operator', scopes: ['users:write', 'credentials:write', 'acl:write'] },
  });
  const { key } = made.body as { readonly key: string };
  new UserLab(t, kube, plane, key).startProxy('edge-0');
  return { t, plane, key };
}

it('An operator that crashes before or after any of its writes about users leaves what the next one finishes', {
  skip,
}, async (t) => {
  const shared = await openShared(t);
  const undisturbed = await play(shared, null);
  const wanted = await undisturbed.story.state();
  const { writes } = undisturbed.run.switch;
  const points = writes.flatMap((_, index) => [
    { atWrite: index + 1, side: 'Before' as const },
    { atWrite: index + 1, side: 'After' as const },
  ]);
  const all = [undisturbed, ...(await playAll(shared, points))];
  await pause(eventsMs);
  const before = all.map(({ run }) => run.apiWrites());
  await pause(quietMs);
  for (const [index, { name, run, story }] of all.entries()) {
    assert.deepEqual(await story.state(), wanted, name);
    assert.deepEqual(run.apiWrites(), before[index], `${name}: written without a change`);
    const done = undisturbed.story.userWrites();
    assert.deepEqual(story.userWritesLike(done), done, name);
    assert.ok(run.lab.events <= undisturbed.run.lab.events + 1, `${name}: ${run.lab.events} events`);
  }
  // What is written together may be written in one in another run.
  const crashes = all.filter(({ run }) => run.switch.isDead).length;
  assert.ok(crashes >= points.length * 0.8, `${crashes} crashes of ${points.length}`);
  t.diagnostic(`${crashes} crashes at: ${writes.join(', ')}`);
});
