/**
 * The Kubernetes API server that all files of the suite `kube` share. It is looked for, and on a machine's first run built, beside
 * the other suites, at the lowest priority; its files wait for it. Where there can be none they run too, and skip their tests.
 */
import {
  type FoundKubePrograms,
  type KubePrograms,
  kubeMissingVariable,
} from '../../packages/testkit/src/kube/find-kube-programs.ts';
import type { ServedKube } from '../../packages/testkit/src/kube/serve-kube.ts';
import { kubeStateVariable } from '../../packages/testkit/src/kube/shared-kube-api.ts';

export interface KubeLane {
  /** What a person needs to know, in one line. */
  readonly line: string;
  /** For the processes of the suite. */
  readonly environment: Readonly<Record<string, string>>;
  /** The server should have come up and did not: the suite has failed. */
  readonly hasFailed: boolean;
  stop(): Promise<void>;
}

export interface KubeLaneDependencies {
  readonly search: () => Promise<FoundKubePrograms>;
  readonly serve: (programs: KubePrograms) => Promise<ServedKube>;
  readonly report: (line: string) => void;
  /** After how long a search is said to be a build. */
  readonly patienceMs: number;
}

async function nothingToStop(): Promise<void> {}

async function openFound(found: FoundKubePrograms, { serve }: KubeLaneDependencies): Promise<KubeLane> {
  if ('missing' in found) {
    const environment = { [kubeMissingVariable]: found.missing };
    return { line: `kube: skipped: ${found.missing}`, environment, hasFailed: false, stop: nothingToStop };
  }
  const served = await serve(found);
  return {
    line: `kube: ${found.lane}`,
    environment: { [kubeStateVariable]: served.stateDirectory },
    hasFailed: false,
    stop: () => served.stop(),
  };
}

/** Never rejects; reports the line. */
export async function openKubeLane(dependencies: KubeLaneDependencies): Promise<KubeLane> {
  const { search, report, patienceMs } = dependencies;
  const patience = setTimeout(() => {
    report('kube: building the control plane in the background; minutes, once a machine');
  }, patienceMs);
  try {
    const lane = await openFound(await search(), dependencies);
    report(lane.line);
    return lane;
  } catch (error) {
    const line = `kube: failed: ${error instanceof Error ? error.message : String(error)}`;
    return { line, environment: {}, hasFailed: true, stop: nothingToStop };
  } finally {
    clearTimeout(patience);
  }
}
