/**
 * The umbrella as it is packed for one test: a copy of charts/ with its dependencies built by a Helm without network. An earlier
 * version of it is made by changing the copy before that.
 */
import { cp, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { findKubePrograms, kubeProgram } from '@sluice/testkit/kube/find-kube-programs.ts';
import { type CommandResult, runCommand } from '@sluice/testkit/run-command.ts';
import { createTemporaryDirectory } from '@sluice/testkit/temporary-directory.ts';

export type HelmVersion = 3 | 4;
export const helmVersions: readonly HelmVersion[] = [3, 4];

const charts = fileURLToPath(new URL('../../../charts', import.meta.url));
const helmTimeoutMs = 120_000;

export class UmbrellaChart {
  /** The folder of the umbrella; its parts are beside it. */
  readonly path: string;
  readonly #helm: string;
  readonly #home: string;

  constructor(directory: string, helm: string) {
    this.path = join(directory, 'charts', 'umbrella');
    this.#helm = helm;
    this.#home = directory;
  }

  /** What needs no cluster: lint, template, dependency. Nothing leads out: repositories would be unreachable. */
  async helm(args: readonly string[]): Promise<CommandResult> {
    const env = { HOME: this.#home, HTTPS_PROXY: 'http://127.0.0.1:9', HTTP_PROXY: 'http://127.0.0.1:9' };
    return await runCommand(this.#helm, args, { env, cwd: this.path, timeoutMs: helmTimeoutMs });
  }

  /** The manifests; throws what Helm says if there are none. */
  async template(args: readonly string[], { release = 'sluice', namespace = 'default' } = {}): Promise<string> {
    const result = await this.helm(['template', release, this.path, '--namespace', namespace, ...args]);
    if (result.code !== 0) throw new Error(result.stderr);
    return result.stdout;
  }

  /** Replaces the first such text in a file of the copy; throws when it is not there. */
  async edit(file: string, from: string | RegExp, to: string): Promise<void> {
    const path = join(this.path, '..', file);
    const before = await readFile(path, 'utf8');
    const after = before.replace(from, to);
    if (after === before) throw new Error(`${file} has no ${String(from)}`);
    await writeFile(path, after);
  }

  /** Packs the charts beside it. */
  async build(): Promise<void> {
    const result = await this.helm(['dependency', 'build', this.path]);
    if (result.code !== 0) throw new Error(`helm dependency build: ${result.stderr}`);
  }
}

/** A copy that has not been built. */
export async function copyUmbrella(scope: CleanupScope, version: HelmVersion): Promise<UmbrellaChart> {
  const programs = await findKubePrograms();
  if ('missing' in programs) throw new Error(programs.missing);
  const directory = await createTemporaryDirectory(scope);
  await cp(charts, join(directory, 'charts'), { recursive: true });
  return new UmbrellaChart(directory, kubeProgram(programs, `helm-${version}`));
}

export async function buildUmbrella(scope: CleanupScope, version: HelmVersion): Promise<UmbrellaChart> {
  const chart = await copyUmbrella(scope, version);
  await chart.build();
  return chart;
}
