/** tinyproxy: HTTP CONNECT without authentication, a thread for each connection, only critical messages logged. */
import type { Launch, Peer, Site } from './peer.ts';

export function createTinyproxy(): Peer {
  const program = '/usr/bin/tinyproxy';
  return {
    name: 'tinyproxy',
    description: 'no authentication, LogLevel Critical',
    fronts: ['connect'],
    versionCommand: [program, '-v'],
    install: 'apt-get install tinyproxy',
    launch: (site): Launch => ({
      command: [program, '-d', '-c', `${site.directory}/tinyproxy.conf`],
      files: { 'tinyproxy.conf': configuration(site) },
      env: {},
      readyTexts: [],
    }),
  };
}

function configuration(site: Site): string {
  return [
    `Port ${site.port}`,
    'Listen 127.0.0.1',
    'Timeout 600',
    `LogFile "${site.directory}/tinyproxy.log"`,
    'LogLevel Critical',
    `MaxClients ${site.maxConnections}`,
    'Allow 127.0.0.1',
    'DisableViaHeader Yes',
    '',
  ].join('\n');
}
