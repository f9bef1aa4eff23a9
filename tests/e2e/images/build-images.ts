/**
 * The three images as hack/images.sh builds them, on bases made of Debian packages, with this machine's access to the npm registry
 * handed over as a build is meant to get it: in secrets.
 */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runCommand } from '@sluice/testkit/run-command.ts';
import type { PrivateDocker } from './private-docker.ts';

export const imageNames = ['proxy', 'state', 'operator'] as const;
export type ImageName = (typeof imageNames)[number];

export interface BuiltImages {
  readonly tags: Readonly<Record<ImageName, string>>;
  /** What they stand on. */
  readonly base: string;
  readonly baseSize: number;
  /** A word of the npm settings that the build had. */
  readonly canary: string;
}

const root = fileURLToPath(new URL('../../../', import.meta.url));
const certificates = '/etc/ssl/certs/ca-certificates.crt';
const environment = { HOME: homedir() };
const keptCache = '4gb';

/** Imports the base once: the layers are kept. */
async function importBase(docker: PrivateDocker, directory: string, name: string): Promise<string> {
  const tag = `sluice-base/${name}:${basename(directory)}`;
  const held = await docker.ask(['images', '--quiet', tag]);
  if (held === '') await docker.ask(['import', join(directory, `${name}.tar`), tag]);
  return tag;
}

async function makeBases(): Promise<string> {
  const made = await runCommand(join(root, 'hack/images/make-test-bases.sh'), [], {
    timeoutMs: 280_000,
    env: environment,
  });
  if (made.code !== 0) throw new Error(`the bases were not made: ${made.stderr}`);
  return made.stdout.trim();
}

/** `directory`: for files that go with the test. */
export async function buildImages(docker: PrivateDocker, directory: string): Promise<BuiltImages> {
  const bases = await makeBases();
  const [buildBase, runBase] = [await importBase(docker, bases, 'build'), await importBase(docker, bases, 'run')];
  const canary = randomBytes(16).toString('hex');
  const settings = join(homedir(), '.npmrc');
  const npmrc = join(directory, 'npmrc');
  const own = existsSync(settings) ? await readFile(settings, 'utf8') : '';
  await writeFile(npmrc, `${own}\n//registry.invalid/:_authToken=${canary}\n`, { mode: 0o600 });
  const built = await runCommand(join(root, 'hack/images.sh'), imageNames, {
    timeoutMs: 290_000,
    env: {
      ...docker.env,
      SLUICE_IMAGE_PREFIX: 'sluice-test',
      SLUICE_IMAGE_TAG: 'test',
      SLUICE_BUILD_BASE: buildBase,
      SLUICE_RUN_BASE: runBase,
      SLUICE_BUILD_NETWORK: 'host',
      SLUICE_NPMRC: npmrc,
      ...(existsSync(certificates) ? { SLUICE_CA_FILE: certificates } : {}),
    },
  });
  if (built.code !== 0) throw new Error(`hack/images.sh ended with ${built.code}: ${built.stderr.slice(-6000)}`);
  // Of earlier runs.
  await docker.ask(['image', 'prune', '--force']);
  await docker.ask(['builder', 'prune', '--force', '--keep-storage', keptCache]);
  return {
    tags: { proxy: 'sluice-test/proxy:test', state: 'sluice-test/state:test', operator: 'sluice-test/operator:test' },
    base: runBase,
    baseSize: Number(await docker.ask(['image', 'inspect', '--format', '{{.Size}}', runBase])),
    canary,
  };
}
