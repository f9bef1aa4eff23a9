/** microsocks: a small SOCKS5 server, a thread for each connection. Its log line for each connection goes to /dev/null. */
import type { Launch, Peer } from './peer.ts';

export function createMicrosocks(): Peer {
  const program = '/usr/bin/microsocks';
  return {
    name: 'microsocks',
    description: 'no authentication, a thread for each connection',
    fronts: ['socks5'],
    versionCommand: ['dpkg-query', '-W', '-f', '${Version}', 'microsocks'],
    install: 'apt-get install microsocks',
    launch: (site): Launch => ({
      command: ['sh', '-c', 'exec "$0" "$@" 2>/dev/null', program, '-i', '127.0.0.1', '-p', String(site.port)],
      files: {},
      env: {},
      readyTexts: [],
    }),
  };
}
