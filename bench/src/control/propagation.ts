/**
 * How long a change made by REST takes to be in force on every proxy, as a client sees it: a credential added and then accepted, a
 * user deleted and then refused and its tunnels cut, by SOCKS5 and CONNECT on three proxies. Between the changes, what the bus
 * alone takes. Times are of one clock, this process's.
 */
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import type { ControlledProxy } from '@sluice/testkit/controlled-proxy.ts';
import { startEchoOrigin } from '@sluice/testkit/echo-origin.ts';
import { type ForwardProtocol, forwardProtocols, openTunnel } from '@sluice/testkit/forward-tunnel.ts';
import type { OpenServer } from '@sluice/testkit/open-server.ts';
import { pause } from '@sluice/testkit/pause.ts';
import type { TcpClient } from '@sluice/testkit/tcp-client.ts';
import { within } from '@sluice/testkit/within.ts';
import { type Percentiles, percentiles } from '../statistics/percentiles.ts';
import { ClosingScope } from './closing-scope.ts';
import { openRoundTrip } from './watch-round-trip.ts';

export interface PropagationResult {
  readonly changes: number;
  readonly proxies: number;
  /** Milliseconds until the last of the proxies and protocols had it, from the request and from its answer on. */
  readonly accepted: Span;
  readonly refused: Span;
  readonly cut: Span;
  /** All changes, accepted and refused. */
  readonly all: Span;
  /** One put to its delivery on another connection's watch. */
  readonly bus: Percentiles | undefined;
}

export interface Span {
  readonly sinceSent: Percentiles | undefined;
  readonly sinceAnswered: Percentiles | undefined;
}

interface Change {
  readonly sentAt: number;
  readonly answeredAt: number;
  readonly seenAt: number;
}

interface Laboratory {
  readonly plane: ControlPlane;
  readonly proxies: readonly ControlledProxy[];
  readonly origin: OpenServer;
}

const password = 'correct horse';
const otherUsers = 1_000;
const askEveryMs = 4;
const patienceMs = 30_000;

async function open(scope: ClosingScope): Promise<Laboratory> {
  const plane = await startControlPlane(scope);
  await plane.client.createLoopbackGroup('local');
  // Refusing somebody unknown costs what checking most users costs: let that be little.
  const verifier = createCheapVerifier(password);
  await plane.client.importLines(
    Array.from({ length: otherUsers }, (_, index) => ({
      kind: 'User',
      user: { name: `other-${index}` },
      credentials: [{ argon2id: verifier }],
    })),
  );
  const proxies = await Promise.all(['one', 'two', 'three'].map((name) => plane.startProxy(name)));
  return { plane, proxies, origin: await startEchoOrigin(scope) };
}

/** Asks until the answer is the one wanted; when that came, and the tunnel if it is one. */
async function until(
  laboratory: Laboratory,
  wanted: 'Open' | 'Refused',
  asked: { readonly proxy: ControlledProxy; readonly protocol: ForwardProtocol; readonly user: string },
): Promise<{ readonly at: number; readonly client: TcpClient | null }> {
  const { proxy, protocol, user } = asked;
  for (const giveUpAt = performance.now() + patienceMs; performance.now() < giveUpAt; ) {
    const outcome = await openTunnel({ edge: proxy.edge, protocol, user, password, to: laboratory.origin }).catch(
      // Cut between the login and the request: neither accepted nor refused.
      () => ({ kind: 'Cut' as const }),
    );
    const at = performance.now();
    const client = outcome.kind === 'Open' ? outcome.client : null;
    if (outcome.kind === wanted) return { at, client };
    client?.socket.destroy();
    await pause(askEveryMs);
  }
  throw new Error(`${user} is not ${wanted} by ${protocol} on ${proxy.name} after ${patienceMs} ms`);
}

/** Makes the change while every proxy is asked by every protocol. */
async function change(
  laboratory: Laboratory,
  user: string,
  wanted: 'Open' | 'Refused',
  act: () => Promise<unknown>,
): Promise<Change & { readonly tunnels: readonly TcpClient[] }> {
  const sentAt = performance.now();
  const answered = act().then(() => performance.now());
  const found = await Promise.all(
    laboratory.proxies.flatMap((proxy) =>
      forwardProtocols.map((protocol) => until(laboratory, wanted, { proxy, protocol, user })),
    ),
  );
  const tunnels = found.flatMap(({ client }) => (client === null ? [] : [client]));
  return { sentAt, answeredAt: await answered, seenAt: Math.max(...found.map(({ at }) => at)), tunnels };
}

async function cutAt(tunnels: readonly TcpClient[]): Promise<number> {
  const ends = tunnels.map(async (tunnel) => {
    await within(patienceMs, 'the cut of a tunnel', tunnel.outcome);
    return performance.now();
  });
  return Math.max(...(await Promise.all(ends)));
}

function spanOf(changes: readonly Change[]): Span {
  return {
    sinceSent: percentiles(changes.map(({ sentAt, seenAt }) => seenAt - sentAt)),
    sinceAnswered: percentiles(changes.map(({ answeredAt, seenAt }) => seenAt - answeredAt)),
  };
}

const warmUpUsers = 10;

/** `changes` in all: each user is one that is accepted and one that is refused. */
export async function measurePropagation(changes: number, say: (line: string) => void): Promise<PropagationResult> {
  const scope = new ClosingScope();
  try {
    const laboratory = await open(scope);
    const { client } = laboratory.plane;
    const roundTrip = await openRoundTrip(scope, laboratory.plane.nats.url);
    const accepted: Change[] = [];
    const refused: Change[] = [];
    const cut: Change[] = [];
    const bus: number[] = [];
    for (let turn = -warmUpUsers; turn < changes / 2; turn += 1) {
      const user = `mover-${turn + warmUpUsers}`;
      await client.createUser(user, { destinations: 'Rules', groups: ['local'], onRevoke: 'Disconnect' });
      const verifier = createCheapVerifier(password);
      const comes = await change(laboratory, user, 'Open', () => client.addCredential(user, verifier));
      const ended = cutAt(comes.tunnels);
      const goes = await change(laboratory, user, 'Refused', () => client.deleteUser(user));
      const gone = { ...goes, seenAt: await ended };
      for (const tunnel of comes.tunnels) tunnel.socket.destroy();
      const trip = await roundTrip();
      if (turn < 0) continue;
      accepted.push(comes);
      refused.push(goes);
      cut.push(gone);
      bus.push(trip);
      if (turn % 50 === 49) say(`propagation: ${2 * (turn + 1)} of ${changes} changes`);
    }
    return {
      changes: accepted.length + refused.length,
      proxies: laboratory.proxies.length,
      accepted: spanOf(accepted),
      refused: spanOf(refused),
      cut: spanOf(cut),
      all: spanOf([...accepted, ...refused]),
      bus: percentiles(bus),
    };
  } finally {
    await scope.close();
  }
}
