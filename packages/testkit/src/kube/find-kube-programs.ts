/**
 * Where the programs of a test control plane are: `tools/kube/find-kube.sh` knows, and builds them when it must. Asked once for
 * each process.
 */
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';

export interface KubePrograms {
  /** Holds etcd, kube-apiserver, kubectl and what else was found, each under its own name. */
  readonly directory: string;
  /** Which lane this is, in one line: `Kubernetes 1.36.3 built from its modules`. */
  readonly lane: string;
}

export type FoundKubePrograms = KubePrograms | { readonly missing: string };

const script = fileURLToPath(new URL('../../../../tools/kube/find-kube.sh', import.meta.url));
const exitCodeNone = 3;

/** Looks again; the first one on a machine may wait for a build (ten minutes). `findKubePrograms` is for tests. */
export async function searchKubePrograms(): Promise<FoundKubePrograms> {
  // With the caller's environment: it tells Go where modules are, and names programs of the caller's own.
  const child = spawn(script, { stdio: ['ignore', 'pipe', 'pipe'] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject);
    child.on('close', resolve);
  });
  const [out, err, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const lastLine = err.trim().split('\n').at(-1) ?? '';
  if (code === 0) return { directory: out.trim(), lane: lastLine };
  if (code === exitCodeNone) return { missing: lastLine };
  throw new Error(`${script} ended with ${code}: ${err.trim()}`);
}

/** The name of the variable in which the test runner says why there are none, so that nobody looks again. */
export const kubeMissingVariable = 'SLUICE_KUBE_MISSING';

let answer: Promise<FoundKubePrograms> | undefined;

/** The programs, or why there are none. */
export async function findKubePrograms(): Promise<FoundKubePrograms> {
  const missing = process.env[kubeMissingVariable];
  if (missing !== undefined) return { missing };
  answer ??= searchKubePrograms();
  return await answer;
}

/** The path of one program; throws with the remedy when it was not found. */
export function kubeProgram(programs: KubePrograms, name: string): string {
  const path = join(programs.directory, name);
  if (existsSync(path)) return path;
  throw new Error(
    `${name} is not among the programs of the test control plane (${programs.lane}): see tools/kube/find-kube.sh`,
  );
}

/** For a test's `skip`: false when an API server can be started (with `pods`: also pods be scheduled), else the reason why not. */
export async function whyNoKubeApi(
  needs: { readonly pods?: boolean; readonly helm?: boolean } = {},
): Promise<string | false> {
  const found = await findKubePrograms();
  if ('missing' in found) return found.missing;
  const wanted = [
    ...(needs.pods === true ? ['kube-controller-manager', 'kube-scheduler', 'kwok'] : []),
    ...(needs.helm === true ? ['helm-3', 'helm-4'] : []),
  ];
  const absent = wanted.filter((name) => !existsSync(join(found.directory, name)));
  return absent.length === 0 ? false : `no ${absent.join(', ')}: ${found.lane}`;
}
