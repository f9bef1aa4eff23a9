/** nginx as an SNI router: the stream module with ssl_preread, one worker, no access log. */
import { type Launch, listenBacklog, type Peer, routesOf, type Site } from './peer.ts';

const modules = '/usr/lib/nginx/modules';

export function createNginx(): Peer {
  return {
    name: 'nginx',
    description: 'stream, ssl_preread, one worker, as shipped',
    fronts: ['sni'],
    versionCommand: ['/usr/sbin/nginx', '-v'],
    install: 'apt-get install nginx libnginx-mod-stream',
    launch: (site): Launch => ({
      command: ['/usr/sbin/nginx', '-p', site.directory, '-e', 'stderr', '-c', `${site.directory}/nginx.conf`],
      files: { 'nginx.conf': configuration(site) },
      env: {},
      readyTexts: [],
    }),
  };
}

function configuration(site: Site): string {
  const routes = routesOf(site.origin);
  return [
    'daemon off;',
    'worker_processes 1;',
    'user root;',
    `pid ${site.directory}/nginx.pid;`,
    'error_log stderr crit;',
    `load_module ${modules}/ngx_stream_module.so;`,
    `worker_rlimit_nofile ${site.maxConnections * 2 + 100};`,
    `events { worker_connections ${site.maxConnections * 2}; }`,
    'stream {',
    '  access_log off;',
    '  map $ssl_preread_server_name $origin {',
    '    hostnames;',
    ...routes.map(({ sni, name }) => `    ${sni} ${name};`),
    '  }',
    ...routes.map(({ name, port }) => `  upstream ${name} { server 127.0.0.1:${port}; }`),
    '  server {',
    `    listen 127.0.0.1:${site.port} backlog=${listenBacklog};`,
    '    ssl_preread on;',
    '    preread_timeout 5s;',
    '    proxy_connect_timeout 5s;',
    '    proxy_timeout 1h;',
    '    proxy_pass $origin;',
    '  }',
    '}',
    '',
  ].join('\n');
}
