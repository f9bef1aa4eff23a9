/**
 * Which Docker client of the machine can build with secrets: of those without BuildKit, or without what it needs, a build makes
 * nothing of the Dockerfiles.
 */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { hasCommand } from '@sluice/testkit/has-command.ts';
import { runCommand } from '@sluice/testkit/run-command.ts';
import { systemPath } from '@sluice/testkit/system-path.ts';

const wanted = ['dockerd', 'mmdebstrap', 'setpriv', 'flock', 'unshare', 'nsenter', 'ip', 'curl', 'openssl', 'tar'];

/** Its path, or why images cannot be built and run here. */
export type FoundDocker =
  | { readonly kind: 'Found'; readonly path: string }
  | { readonly kind: 'None'; readonly reason: string };

export async function findDocker(): Promise<FoundDocker> {
  if (process.getuid?.() !== 0) return { kind: 'None', reason: 'a Docker engine of the test needs root' };
  const missing = wanted.filter((name) => !hasCommand(name));
  if (missing.length > 0) return { kind: 'None', reason: `not installed: ${missing.join(', ')} (Debian: docker.io)` };
  const clients = systemPath.split(':').map((directory) => join(directory, 'docker'));
  for (const path of clients.filter((client) => existsSync(client))) {
    const { stdout } = await runCommand(path, ['build', '--help'], { env: { DOCKER_BUILDKIT: '1' } });
    if (stdout.includes('--secret')) return { kind: 'Found', path };
  }
  return { kind: 'None', reason: 'no docker client that can build with BuildKit' };
}
