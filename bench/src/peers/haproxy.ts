/**
 * HAProxy as an SNI router: one thread, no log. As Debian ships it (16 KiB buffers, copying), with `option splice-auto`,
 * and tuned as far as it goes: splicing asked for in both directions with 1 MiB pipes.
 */
import { type Launch, listenBacklog, type Peer, routesOf, type Site } from './peer.ts';

const maxPipes = 256;

export type HaproxySplice = 'off' | 'auto' | 'tuned';

export interface HaproxyVariant {
  readonly name: string;
  readonly program: string;
  readonly install: string;
  readonly splice: HaproxySplice;
}

const descriptions: Record<HaproxySplice, string> = {
  off: 'as shipped, one thread',
  auto: 'one thread, option splice-auto',
  tuned: 'one thread, splice-request and splice-response, tune.pipesize 1048576',
};

export function createHaproxy(variant: HaproxyVariant): Peer {
  return {
    name: variant.name,
    description: descriptions[variant.splice],
    fronts: ['sni'],
    versionCommand: [variant.program, '-v'],
    install: variant.install,
    launch: (site): Launch => ({
      command: [variant.program, '-db', '-f', `${site.directory}/haproxy.cfg`],
      files: { 'haproxy.cfg': configuration(site, variant.splice) },
      env: {},
      readyTexts: [],
    }),
  };
}

function configuration(site: Site, splice: HaproxySplice): string {
  const routes = routesOf(site.origin);
  const spliceOptions: Record<HaproxySplice, readonly string[]> = {
    off: [],
    auto: ['  option splice-auto'],
    tuned: ['  option splice-request', '  option splice-response'],
  };
  return [
    'global',
    '  nbthread 1',
    // The default, a quarter of maxconn, would not fit beside it into 20 000 file descriptors.
    `  maxpipes ${maxPipes}`,
    `  maxconn ${site.maxConnections}`,
    ...(splice === 'tuned' ? ['  tune.pipesize 1048576'] : []),
    'defaults',
    '  mode tcp',
    `  maxconn ${site.maxConnections}`,
    '  timeout connect 5s',
    '  timeout client 1h',
    '  timeout server 1h',
    ...spliceOptions[splice],
    'frontend edge',
    `  bind 127.0.0.1:${site.port} backlog ${listenBacklog}`,
    '  tcp-request inspect-delay 5s',
    '  tcp-request content accept if { req.ssl_hello_type 1 }',
    ...routes.map(({ sni, name }) => `  use_backend ${name} if { req.ssl_sni -i ${sni} }`),
    ...routes.flatMap(({ name, port }) => [`backend ${name}`, `  server origin 127.0.0.1:${port}`]),
    '',
  ].join('\n');
}
