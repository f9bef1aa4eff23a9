/**
 * All scenarios of `make bench`, in the order they run. What the issue of a comparison is stands in the titles; which
 * ratios must be reached stands in targets.ts.
 */
import type { Front } from '../peers/peer.ts';
import type { Scenario, TrafficMode, TrafficScenario } from './scenario.ts';

type Contestants = readonly [string, ...string[]];

interface TrafficShape {
  readonly name: string;
  readonly title: string;
  readonly mode: TrafficMode;
  readonly connections: number;
  readonly contestants: Contestants;
  readonly front?: Front;
  readonly quick?: boolean;
}

function traffic(shape: TrafficShape): TrafficScenario {
  return { kind: 'traffic', front: 'sni', quick: false, ...shape };
}

// A full run has 15 minutes, so the slower and the older news are only told where they matter most.
const fewRouters: Contestants = ['sluice', 'sluice-control', 'haproxy', 'nginx'];
const routers: Contestants = [...fewRouters, 'haproxy-2.8', 'node-pipe'];
const downloads: Contestants = [...fewRouters, 'haproxy-splice-auto', 'haproxy-tuned', 'node-pipe'];
const uploads: Contestants = [...fewRouters, 'haproxy-tuned'];
const loggers: Contestants = [...routers, 'sluice-access-log', 'sluice-eager-close'];
const connectionContestants = new Map<number, Contestants>([
  [8, routers],
  [64, loggers],
]);
const dietPair: Contestants = ['sluice-diet-on', 'sluice-diet-on-control', 'sluice-diet-off'];
const lowWaterPair: Contestants = ['sluice-low-water-on', 'sluice-low-water-on-control', 'sluice-low-water-off'];
const modes: Contestants = ['sluice-in-loop', 'sluice-in-loop-control', 'sluice-workers', 'sluice-handoff'];

const connections = [1, 8, 64, 256].map((count) =>
  traffic({
    name: `conn-${count}`,
    title: `SNI-routed connections, ${count} at once`,
    mode: 'conn',
    connections: count,
    contestants: connectionContestants.get(count) ?? fewRouters,
    quick: count === 64,
  }),
);

const bulk = (['down', 'up'] as const).flatMap((mode) =>
  [1, 8, 64].map((count) =>
    traffic({
      name: `${mode}-${count}`,
      title: `Bulk ${mode === 'down' ? 'to' : 'from'} the client, ${count} ${count === 1 ? 'stream' : 'streams'}`,
      mode,
      connections: count,
      contestants: mode === 'down' ? downloads : uploads,
      quick: count === 8 && mode === 'down',
    }),
  ),
);

const roundTrips = [1, 64].map((count) =>
  traffic({
    name: `ping-${count}`,
    title: `64-byte round trips on ${count} ${count === 1 ? 'connection' : 'connections'}`,
    mode: 'ping',
    connections: count,
    contestants: count === 64 ? routers : [...fewRouters, 'node-pipe'],
    quick: count === 64,
  }),
);

const forwarding = [
  traffic({
    name: 'socks5-64',
    title: 'SOCKS5 without authentication, 64 at once',
    mode: 'conn',
    front: 'socks5',
    connections: 64,
    contestants: ['sluice', 'sluice-control', 'microsocks', 'dante'],
    quick: true,
  }),
  traffic({
    name: 'connect-64',
    title: 'HTTP CONNECT, 64 at once',
    mode: 'conn',
    front: 'connect',
    connections: 64,
    contestants: ['sluice', 'sluice-control', 'tinyproxy'],
    quick: true,
  }),
];

const idleMemory: Scenario = {
  kind: 'memory',
  name: 'idle-memory',
  title: 'User memory of an idle connection, before and after traffic',
  contestants: ['sluice', 'haproxy', 'nginx', 'node-pipe'],
  quick: true,
  held: [500, 8500],
  trafficBytes: 128 * 1024,
};

const stall = traffic({
  name: 'stall-8',
  title: 'An established relay (8 connections, 64-byte round trips) while the main isolate stalls 500 ms every second',
  mode: 'ping',
  connections: 8,
  contestants: ['sluice-stalled', 'sluice', 'sluice-control', 'sluice-busy'],
});

const switches = [
  ...[1, 8, 64].map((count) =>
    traffic({
      name: `modes-conn-${count}`,
      title: `Where the engine steps: connections, ${count} at once`,
      mode: 'conn',
      connections: count,
      contestants: modes,
    }),
  ),
  traffic({
    name: 'modes-ping-64',
    title: 'Where the engine steps: 64-byte round trips on 64 connections',
    mode: 'ping',
    connections: 64,
    contestants: modes,
  }),
  ...[1, 8, 64].map((count) =>
    traffic({
      name: `diet-conn-${count}`,
      title: `Packet diet on against off: connections, ${count} at once`,
      mode: 'conn',
      connections: count,
      contestants: dietPair,
    }),
  ),
  ...(['down', 'up'] as const).map((mode) =>
    traffic({
      name: `low-water-${mode}-8`,
      title: `Receive low-water mark on against off: bulk ${mode}, 8 streams`,
      mode,
      connections: 8,
      contestants: lowWaterPair,
    }),
  ),
];

export const scenarioCatalogue: readonly Scenario[] = [
  ...connections,
  ...bulk,
  ...roundTrips,
  ...forwarding,
  idleMemory,
  stall,
  ...switches,
];
