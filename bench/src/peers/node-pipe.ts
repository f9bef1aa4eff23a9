/** The plainest SNI router Node allows: node:net sockets and pipe(), run by the same Node as Sluice. */
import { fileURLToPath } from 'node:url';
import { type Launch, listenBacklog, type Peer, routesOf } from './peer.ts';

export function createNodePipe(nodeProgram: string): Peer {
  const program = fileURLToPath(new URL('./node-pipe-main.ts', import.meta.url));
  return {
    name: 'node-pipe',
    description: 'node:net sockets joined by pipe()',
    fronts: ['sni'],
    versionCommand: [nodeProgram, '--version'],
    install: 'npm ci',
    launch: (site): Launch => ({
      command: [
        nodeProgram,
        program,
        String(site.port),
        String(listenBacklog),
        ...routesOf(site.origin).map(({ sni, port }) => `${sni}=${port}`),
      ],
      files: {},
      env: {},
      readyTexts: [],
    }),
  };
}
