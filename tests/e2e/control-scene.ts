/**
 * What the tests of outages have in common: the control plane with proxies, tunnels that flow meanwhile, a user that stays and
 * users that were revoked, and what must be true when there is peace again.
 */
import assert from 'node:assert/strict';
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { type ControlPlane, type ControlPlaneOptions, startControlPlane } from '@sluice/testkit/control-plane.ts';
import type { ControlledProxy } from '@sluice/testkit/controlled-proxy.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { eventually } from '@sluice/testkit/eventually.ts';
import { openTunnel, type TunnelOutcome } from '@sluice/testkit/forward-tunnel.ts';
import type { OpenServer } from '@sluice/testkit/open-server.ts';
import { RevokedWatch } from '@sluice/testkit/revoked-watch.ts';
import { startTunnelLoad, type TunnelLoad } from '@sluice/testkit/tunnel-load.ts';
import { readUsersInPostgres } from '@sluice/testkit/users-in-postgres.ts';

const password = 'correct horse';
const steadyUser = 'steady';
/** Reconnecting waits 5 s at most, a snapshot after a doubt some more; the machine may be busy. */
const peaceTimeoutMs = 60_000;

export interface ControlScene {
  readonly plane: ControlPlane;
  readonly proxies: readonly ControlledProxy[];
  readonly mortals: readonly ControlledProxy[];
  readonly origin: OpenServer;
  /** Over every proxy of `proxies`, by a user that is never touched. */
  readonly load: TunnelLoad;
  readonly revoked: RevokedWatch;
}

export interface ControlSceneOptions extends ControlPlaneOptions {
  readonly proxies?: readonly string[];
  /** Names of more proxies, started too, that the test will kill: no tunnels go through them. */
  readonly mortals?: readonly string[];
}

export async function createLogin(plane: ControlPlane, name: string): Promise<void> {
  await plane.client.createUser(name, { destinations: 'Rules', groups: ['local'], onRevoke: 'Disconnect' });
  await plane.client.addCredential(name, createCheapVerifier(password));
}

/** Where users are sent to, and whom through. */
type Reachable = Pick<ControlScene, 'origin' | 'proxies'>;

export async function visit(
  scene: Pick<Reachable, 'origin'>,
  proxy: ControlledProxy,
  user: string,
): Promise<TunnelOutcome['kind']> {
  const asked = { edge: proxy.edge, protocol: 'Socks5', user, password, to: scene.origin } as const;
  const outcome = await openTunnel(asked);
  if (outcome.kind === 'Open') outcome.client.socket.destroy();
  return outcome.kind;
}

/** Until every proxy of the scene says so. */
export async function everyProxy(scene: Reachable, user: string, expected: TunnelOutcome['kind']): Promise<void> {
  for (const proxy of scene.proxies) {
    await eventually(async () => assert.equal(await visit(scene, proxy, user), expected, `${user} on ${proxy.name}`), {
      timeoutMs: peaceTimeoutMs,
    });
  }
}

/** Starts everything: the user `steady` with its tunnels, and the user `gone`, which was revoked before anything happened. */
export async function openControlScene(scope: CleanupScope, options: ControlSceneOptions = {}): Promise<ControlScene> {
  const plane = await startControlPlane(scope, options);
  await plane.client.createLoopbackGroup('local');
  await createLogin(plane, steadyUser);
  await createLogin(plane, 'gone');
  const names = options.proxies ?? ['one', 'two'];
  const proxies = await Promise.all(names.map((name) => plane.startProxy(name)));
  const origin = await startEchoOrigin(scope);
  const mortals = await Promise.all((options.mortals ?? []).map((name) => plane.startProxy(name)));
  const revoked = new RevokedWatch(scope, { proxies: [...proxies, ...mortals], password, to: origin });
  // Proxies are ready with the first head, which need not have the newest user yet.
  await everyProxy({ origin, proxies }, steadyUser, 'Open');
  const edges = proxies.map(({ edge }) => edge);
  const load = startTunnelLoad(scope, { edges, user: steadyUser, password, to: origin });
  const scene = { plane, proxies, mortals, origin, revoked, load };
  await revoke(scene, 'gone');
  return scene;
}

/** Deletes the user; from the moment every proxy refuses it, it is watched. */
export async function revoke(scene: ControlScene, user: string): Promise<void> {
  await scene.plane.client.deleteUser(user);
  await everyProxy(scene, user, 'Refused');
  scene.revoked.add(user);
}

/** Every proxy has exactly what Postgres has. */
export async function expectPeace({ plane, proxies }: Pick<ControlScene, 'plane' | 'proxies'>): Promise<void> {
  await eventually(
    async () => {
      const truth = await readUsersInPostgres(plane.postgres, plane.database);
      for (const proxy of proxies) {
        const { digest, count, source, isCurrent } = await proxy.users();
        const found = { digest, count, source, isCurrent };
        const expected = { digest: truth.digest, count: truth.count, source: 'Live', isCurrent: true };
        assert.deepEqual(found, expected, proxy.name);
      }
    },
    { timeoutMs: peaceTimeoutMs, intervalMs: 100 },
  );
}

/** The end of a test: traffic never noticed anything, and no revoked user ever came back. */
export async function expectUndisturbed({ load, revoked }: ControlScene): Promise<void> {
  const { errors, shortTunnels, echoes } = await load.stop();
  assert.deepEqual(errors, []);
  assert.ok(shortTunnels > 10 && echoes > 100, `${shortTunnels} tunnels and ${echoes} echoes are no load`);
  const { returned, refusals } = await revoked.stop();
  assert.deepEqual(returned, []);
  assert.ok(refusals > 10, `${refusals} refusals are no watch`);
}
