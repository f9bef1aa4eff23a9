/**
 * Thousands of ProxyRoutes to the endpoints of hundreds of Services: what an operator takes until all are published, in force on three
 * proxies and shown as such; what it takes over a full bucket after a restart, at rest, and what one change costs among so many.
 */
import assert from 'node:assert/strict';
import { eventually } from '@sluice/testkit/eventually.ts';
import { pause } from '@sluice/testkit/pause.ts';
import type { ProgramProcess } from '@sluice/testkit/program-process.ts';
import type { SluiceProcess } from '@sluice/testkit/sluice-process.ts';
import { ClosingScope } from '../control/closing-scope.ts';
import { openRangeHead, type RangeHead, untilRangeHead } from '../control/range-head.ts';
import { createServices } from './create-services.ts';
import { applyRoute, inParallel, type KubeLaboratory, openKubeLaboratory } from './kube-laboratory.ts';
import { figuresSince, type OperatorFigures, readOperatorFigures } from './operator-figures.ts';
import { isProgrammed, openRouteWatch, type RouteWatch } from './route-watch.ts';
import { type Times, timesOf } from './times.ts';

export interface RouteScaleSize {
  readonly routes: number;
  readonly services: number;
  readonly changes: number;
  readonly idleSeconds: number;
}

export interface RouteScaleResult extends RouteScaleSize {
  readonly proxies: number;
  readonly first: FirstStart;
  readonly restart: Restart;
  /** For `idleSeconds`, nothing changing. */
  readonly idle: OperatorFigures;
  /** One change until its status is shown, milliseconds. */
  readonly change: Times | undefined;
  /** Of all the changes. */
  readonly changesCost: OperatorFigures;
}

/** Seconds from the start of the process. */
interface FirstStart {
  readonly publishedSeconds: number;
  readonly inForceSeconds: number;
  readonly shownSeconds: number;
  readonly figures: OperatorFigures;
}

interface Restart {
  readonly publishedSeconds: number;
  /** Until everything has been looked at again, what proxies are silent about included. */
  readonly figures: OperatorFigures;
}

const atOnce = 16;
const patienceMs = 300_000;
/** A new leader lets every proxy have its turn to acknowledge before it writes a status that nothing else calls for. */
const settledAfterMs = 20_000;

const secondsSince = (startedAt: number): number => (performance.now() - startedAt) / 1000;

function routeOf(index: number, { services }: RouteScaleSize, names: readonly string[] = ['a']): object {
  return {
    match: { sni: names.map((name) => `${name}.route-${index}.example.com`) },
    to: { endpoints: [{ service: { name: `service-${index % services}`, port: 80 } }] },
  };
}

async function createRoutes(laboratory: KubeLaboratory, size: RouteScaleSize): Promise<void> {
  const { namespace } = laboratory;
  await createServices(laboratory, { namespace, count: size.services, endpoints: 2, atOnce });
  await inParallel(
    size.routes,
    atOnce,
    async (index) => await applyRoute(laboratory, { namespace, name: `route-${index}`, spec: routeOf(index, size) }),
  );
}

/** Resolves when every one of so many routes has been shown in force on every proxy. */
async function untilAllShown(watch: RouteWatch, routes: number, proxies: number): Promise<number> {
  const shown = new Set<string>();
  return await watch.next(
    'the status of all routes',
    (route) => {
      if (isProgrammed(route, proxies)) shown.add(route.metadata.name);
      return shown.size === routes;
    },
    patienceMs,
  );
}

async function untilInForce(proxies: readonly SluiceProcess[], { digest }: RangeHead): Promise<void> {
  for (const proxy of proxies) {
    await eventually(
      async () => {
        const answer = await proxy.fetchAdmin('/v1/control');
        const { ranges } = (await answer.json()) as { readonly ranges: readonly { range: string; digest: string }[] };
        assert.equal(ranges.find(({ range }) => range === 'routing')?.digest, digest);
      },
      { timeoutMs: patienceMs, intervalMs: 25 },
    );
  }
}

interface Scene {
  readonly scope: ClosingScope;
  readonly laboratory: KubeLaboratory;
  readonly proxies: readonly SluiceProcess[];
  readonly watch: RouteWatch;
  readonly operator: ProgramProcess;
  readonly size: RouteScaleSize;
}

const isWhole = ({ routes }: RouteScaleSize, { count, isConfirmed }: RangeHead): boolean =>
  count === routes && isConfirmed;

async function measureFirstStart({ scope, laboratory, proxies, watch, operator, size }: Scene): Promise<FirstStart> {
  const startedAt = performance.now();
  const shown = untilAllShown(watch, size.routes, proxies.length);
  await operator.start();
  const read = await openRangeHead(scope, laboratory.nats.url, 'routing');
  const head = await untilRangeHead(read, 'publishing all routes', (one) => isWhole(size, one));
  const publishedSeconds = secondsSince(startedAt);
  await untilInForce(proxies, head);
  const inForceSeconds = secondsSince(startedAt);
  const shownSeconds = ((await shown) - startedAt) / 1000;
  return { publishedSeconds, inForceSeconds, shownSeconds, figures: await readOperatorFigures(operator) };
}

/** On a bucket and on statuses that are as they should be. */
async function measureRestart({ scope, laboratory, operator, size }: Scene): Promise<Restart> {
  await operator.stop();
  const read = await openRangeHead(scope, laboratory.nats.url, 'routing');
  const before = await read();
  const startedAt = performance.now();
  await operator.start();
  const isTaken = (head: RangeHead): boolean => head.epoch > (before?.epoch ?? 0) && isWhole(size, head);
  await untilRangeHead(read, 'taking over', isTaken);
  const publishedSeconds = secondsSince(startedAt);
  await pause(settledAfterMs);
  return { publishedSeconds, figures: await readOperatorFigures(operator) };
}

async function measureIdle({ operator, size }: Scene): Promise<OperatorFigures> {
  const before = await readOperatorFigures(operator);
  await pause(size.idleSeconds * 1000);
  return figuresSince(before, await readOperatorFigures(operator));
}

/** One after the other, each shown before the next. */
async function measureChanges({ scope, laboratory, proxies, size }: Scene): Promise<Times | undefined> {
  const { namespace } = laboratory;
  // Its own: the client gives up a watch on which nothing has come for a minute.
  const watch = await openRouteWatch(scope, laboratory, namespace);
  const found: number[] = [];
  for (let turn = 0; turn < size.changes; turn += 1) {
    const name = `route-${turn}`;
    const sentAt = performance.now();
    const [seenAt] = await Promise.all([
      watch.next('Programmed', (route) => {
        const isNew = route.metadata.name === name && (route.metadata.generation ?? 0) > 1;
        return isNew && isProgrammed(route, proxies.length);
      }),
      applyRoute(laboratory, { namespace, name, spec: routeOf(turn, size, ['a', 'b']) }),
    ]);
    found.push(seenAt - sentAt);
  }
  return timesOf(found);
}

export async function measureRouteScale(size: RouteScaleSize, say: (line: string) => void): Promise<RouteScaleResult> {
  const scope = new ClosingScope();
  const tell = (line: string): void => say(`routes-${size.routes}: ${line}`);
  try {
    const laboratory = await openKubeLaboratory(scope);
    await createRoutes(laboratory, size);
    tell('created');
    const watch = await openRouteWatch(scope, laboratory, laboratory.namespace);
    const proxies = await laboratory.startProxies(['one', 'two', 'three'], 'not ready');
    const scene = { scope, laboratory, proxies, watch, operator: laboratory.planOperator(), size };
    const first = await measureFirstStart(scene);
    tell(`first start: ${JSON.stringify(first)}`);
    const restart = await measureRestart(scene);
    tell(`restart: ${JSON.stringify(restart)}`);
    const idle = await measureIdle(scene);
    tell(`idle: ${JSON.stringify(idle)}`);
    const before = await readOperatorFigures(scene.operator);
    const change = await measureChanges(scene);
    const changesCost = figuresSince(before, await readOperatorFigures(scene.operator));
    return { ...size, proxies: proxies.length, first, restart, idle, change, changesCost };
  } finally {
    await scope.close();
  }
}
