/**
 * Sluice itself, in as many configurations as there are questions: one port that routes by SNI and forwards for SOCKS5
 * and HTTP CONNECT. The access log is off unless it is the question, as in every peer.
 */
import { fileURLToPath } from 'node:url';
import { type Launch, type Peer, routesOf, type Site } from './peer.ts';

/** A part of the configuration's `datapath:`; what is absent keeps its default. */
export interface DatapathSettings {
  readonly mode?: 'InLoop' | 'Workers' | 'Handoff';
  readonly workers?: number;
  readonly splice?: boolean;
  readonly receiveLowWater?: boolean;
  readonly packetDiet?: {
    readonly delayedAck?: boolean;
    readonly coalesceFin?: boolean;
    readonly optimisticSend?: boolean;
  };
}

export interface SluiceVariant {
  readonly name: string;
  readonly description: string;
  readonly datapath?: DatapathSettings;
  readonly accessLog?: boolean;
  /** Settings of every route, e.g. `halfClose: false`. */
  readonly route?: Readonly<Record<string, boolean>>;
  readonly env?: Readonly<Record<string, string>>;
  /** Further texts that prove the variant is what it says. */
  readonly readyTexts?: readonly string[];
}

const sluiceProgram = fileURLToPath(new URL('../../../apps/proxy/bin/sluice', import.meta.url));

export function createSluice(variant: SluiceVariant): Peer {
  return {
    name: variant.name,
    description: variant.description,
    fronts: ['sni', 'socks5', 'connect'],
    versionCommand: [sluiceProgram, 'version'],
    install: 'make build',
    launch: (site): Launch => ({
      command: [sluiceProgram, 'run', '--config', `${site.directory}/sluice.yaml`],
      // JSON is YAML, and needs no library to be written rightly.
      files: { 'sluice.yaml': JSON.stringify(configuration(site, variant), undefined, 2) },
      env: variant.env ?? {},
      readyTexts: ['"msg":"ready"', ...(variant.readyTexts ?? [])],
    }),
  };
}

function configuration(site: Site, variant: SluiceVariant): object {
  const sniRoutes = routesOf(site.origin).map(({ name, sni, port }) => ({
    name,
    match: { protocol: 'TLS', sni: [sni] },
    to: { endpoints: [{ url: `tcp://127.0.0.1:${port}` }] },
    ...variant.route,
  }));
  const forwardRoutes = ['SOCKS5', 'HTTP'].map((protocol) => ({
    name: `forward-${protocol.toLowerCase()}`,
    match: { protocol },
    action: 'ForwardProxy',
    forward: { anonymous: true },
    ...variant.route,
  }));
  return {
    admin: { bind: '127.0.0.1:0' },
    log: { access: variant.accessLog ?? false },
    ...(variant.datapath === undefined ? {} : { datapath: variant.datapath }),
    listeners: [{ name: 'edge', bind: [`127.0.0.1:${site.port}`], limits: { connections: site.maxConnections } }],
    routes: [...sniRoutes, ...forwardRoutes],
  };
}
