/** Dante's danted: SOCKS5 without authentication, one mother process (its own choice of children), no log. */
import type { Launch, Peer, Site } from './peer.ts';

export function createDante(): Peer {
  const program = '/usr/sbin/danted';
  return {
    name: 'dante',
    description: 'no authentication, -N 1',
    fronts: ['socks5'],
    versionCommand: [program, '-v'],
    install: 'apt-get install dante-server',
    launch: (site): Launch => ({
      command: [program, '-N', '1', '-f', `${site.directory}/danted.conf`, '-p', `${site.directory}/danted.pid`],
      files: { 'danted.conf': configuration(site) },
      env: {},
      readyTexts: [],
    }),
  };
}

function configuration(site: Site): string {
  return [
    'errorlog: stderr',
    `internal: 127.0.0.1 port = ${site.port}`,
    'external: lo',
    'clientmethod: none',
    'socksmethod: none',
    'user.privileged: root',
    'user.unprivileged: nobody',
    'timeout.negotiate: 5',
    'timeout.io: 3600',
    'client pass { from: 0.0.0.0/0 to: 0.0.0.0/0 }',
    'socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: connect }',
    'socks pass { from: 0.0.0.0/0 to: 0.0.0.0/0 command: bindreply udpreply }',
    '',
  ].join('\n');
}
