/**
 * How long a ProxyRoute that is applied takes until connections follow it on every proxy, and until its status says so to somebody who
 * watches; how long a route that proxies reject takes until the reason can be read. Between the changes, what the API server takes
 * alone: the same write of the same kind, in a namespace that no operator looks at. Times are of one clock, this process's.
 */
import { connect } from 'node:net';
import type { Address } from '@sluice/testkit/address.ts';
import { startNamedOrigin, type NamedOrigin } from '@sluice/testkit/named-origin.ts';
import { pause } from '@sluice/testkit/pause.ts';
import type { SluiceProcess } from '@sluice/testkit/sluice-process.ts';
import { within } from '@sluice/testkit/within.ts';
import { ClosingScope } from '../control/closing-scope.ts';
import { applyRoute, type KubeLaboratory, openKubeLaboratory, routesPath } from './kube-laboratory.ts';
import { currentCondition, isProgrammed, openRouteWatch, type RouteWatch } from './route-watch.ts';
import { type Times, timesOf } from './times.ts';

export interface KubePropagationResult {
  readonly changes: number;
  readonly proxies: number;
  /** All from the request on, in milliseconds. Until it was answered: */
  readonly answered: Times | undefined;
  /** Until a watch showed the new spec: */
  readonly shown: Times | undefined;
  /** Until a new connection to the last of the proxies went where the new spec says: */
  readonly inForce: Times | undefined;
  /** Until a watch showed `Programmed=True` for all proxies: */
  readonly programmed: Times | undefined;
  /** The API server alone: the same write until a watch showed it. */
  readonly apiServer: Times | undefined;
  readonly rejections: number;
  /** Until a watch showed `Programmed=False` with the name of a proxy and its reason. */
  readonly rejected: Times | undefined;
}

interface Scene {
  readonly laboratory: KubeLaboratory;
  readonly proxies: readonly SluiceProcess[];
  readonly watch: RouteWatch;
  readonly roundTrip: () => Promise<number>;
  readonly origins: readonly NamedOrigin[];
}

interface Change {
  readonly answered: number;
  readonly shown: number;
  readonly inForce: number;
  readonly programmed: number;
}

const askEveryMs = 4;
const patienceMs = 30_000;
const warmUps = 20;

async function open(scope: ClosingScope): Promise<Scene> {
  const laboratory = await openKubeLaboratory(scope);
  const { api, namespace } = laboratory;
  const unwatched = await api.createNamespace(scope);
  const [watch, roundTrip, origins, proxies] = await Promise.all([
    openRouteWatch(scope, laboratory, namespace),
    openRoundTrip(scope, laboratory, unwatched),
    Promise.all(['even', 'odd'].map(async (name) => await startNamedOrigin(scope, name))),
    laboratory.startProxies(['one', 'two', 'three'], 'ready'),
    laboratory.planOperator(['--namespaces', namespace]).start(),
  ]);
  return { laboratory, proxies, watch, roundTrip, origins };
}

/** Each call writes a route that differs from the one before, and resolves with the milliseconds until the watch had it. */
async function openRoundTrip(
  scope: ClosingScope,
  laboratory: KubeLaboratory,
  namespace: string,
): Promise<() => Promise<number>> {
  const watch = await openRouteWatch(scope, laboratory, namespace);
  let turn = 0;
  return async () => {
    turn += 1;
    const spec = specOf(1 + (turn % 2));
    const sentAt = performance.now();
    const [seenAt] = await Promise.all([
      watch.next('the write on the watch', (route) => isOfSpec(route.spec, spec)),
      applyRoute(laboratory, { namespace, name: 'round-trip', spec }),
    ]);
    return seenAt - sentAt;
  };
}

function specOf(port: number): { readonly to: { readonly endpoints: readonly { readonly url: string }[] } } {
  return { to: { endpoints: [{ url: `tcp://127.0.0.1:${port}` }] } };
}

/** By the endpoint: the server adds what a spec leaves out. */
function isOfSpec(spec: unknown, wanted: ReturnType<typeof specOf>): boolean {
  const { to } = (spec ?? {}) as Partial<ReturnType<typeof specOf>>;
  return to?.endpoints[0]?.url === wanted.to.endpoints[0]?.url;
}

/** The first bytes that a new connection brings; null: it was refused, cut or ended. */
async function readGreeting({ host, port }: Address): Promise<string | null> {
  const socket = connect({ host, port });
  socket.on('error', () => {}); // 'close' follows
  const greeting = new Promise<string | null>((resolve) => {
    socket.on('data', (chunk) => resolve(chunk.toString().trim()));
    socket.on('close', () => resolve(null));
  });
  try {
    return await within(patienceMs, 'the first bytes of a connection', greeting);
  } finally {
    socket.destroy();
  }
}

async function untilGreeting(proxy: SluiceProcess, wanted: string): Promise<number> {
  const address = proxy.address('edge');
  for (const giveUpAt = performance.now() + patienceMs; performance.now() < giveUpAt; ) {
    if ((await readGreeting(address)) === wanted) return performance.now();
    await pause(askEveryMs);
  }
  throw new Error(`a connection does not go to the origin ${wanted} after ${patienceMs} ms`);
}

async function change({ laboratory, proxies, watch, origins }: Scene, turn: number): Promise<Change> {
  const parity = Math.abs(turn % 2);
  const spec = specOf(origins[parity]?.port ?? 0);
  const { namespace } = laboratory;
  const sentAt = performance.now();
  const shown = watch.next('the new spec', (route) => isOfSpec(route.spec, spec));
  const [answered, shownAt, programmed, ...inForce] = await Promise.all([
    applyRoute(laboratory, { namespace, name: 'mover', spec }).then(() => performance.now()),
    shown,
    watch.next('Programmed', (route) => isOfSpec(route.spec, spec) && isProgrammed(route, proxies.length)),
    // Nobody can follow what has not been shown: asking before would only take the processors from those who are to be measured.
    ...proxies.map(async (proxy) => {
      await shown;
      return await untilGreeting(proxy, parity === 0 ? 'even' : 'odd');
    }),
  ]);
  return {
    answered: answered - sentAt,
    shown: shownAt - sentAt,
    programmed: programmed - sentAt,
    inForce: Math.max(...inForce) - sentAt,
  };
}

/** A route that no proxy can take, as it names a listener that none has. */
async function reject({ laboratory, watch }: Scene, turn: number): Promise<number> {
  const { api, namespace } = laboratory;
  const name = `rejected-${turn}`;
  const spec = { ...specOf(9), listeners: ['egde'], match: { sni: [`${name}.example.com`] } };
  const sentAt = performance.now();
  const [seenAt] = await Promise.all([
    watch.next('the rejection', (route) => {
      const { status, message = '' } = currentCondition(route, 'Programmed') ?? {};
      const isTold = /rejected by (?:one|two|three): .*egde/u.test(message);
      return route.metadata.name === name && status === 'False' && isTold;
    }),
    applyRoute(laboratory, { namespace, name, spec }),
  ]);
  await api.client.call(routesPath(namespace, name), { method: 'DELETE' });
  return seenAt - sentAt;
}

export interface KubePropagationSize {
  readonly changes: number;
  readonly rejections: number;
}

export async function measureKubePropagation(
  { changes, rejections }: KubePropagationSize,
  say: (line: string) => void,
): Promise<KubePropagationResult> {
  const scope = new ClosingScope();
  try {
    const scene = await open(scope);
    const found: Change[] = [];
    const apiServer: number[] = [];
    for (let turn = -warmUps; turn < changes; turn += 1) {
      const one = await change(scene, turn);
      const trip = await scene.roundTrip();
      if (turn < 0) continue;
      found.push(one);
      apiServer.push(trip);
      if (turn % 100 === 99) say(`propagation: ${turn + 1} of ${changes} changes`);
    }
    const rejected: number[] = [];
    for (let turn = 0; turn < rejections; turn += 1) rejected.push(await reject(scene, turn));
    return {
      ...{ changes, proxies: scene.proxies.length, rejections },
      answered: timesOf(found.map(({ answered }) => answered)),
      shown: timesOf(found.map(({ shown }) => shown)),
      inForce: timesOf(found.map(({ inForce }) => inForce)),
      programmed: timesOf(found.map(({ programmed }) => programmed)),
      apiServer: timesOf(apiServer),
      rejected: timesOf(rejected),
    };
  } finally {
    await scope.close();
  }
}
