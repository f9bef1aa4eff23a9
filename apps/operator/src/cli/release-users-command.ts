/** `sluice-operator release-users`: takes the operator's finalizer off ProxyUsers when no operator is to run any more, and ends. */
import type { ExitCode } from '@sluice/runtime/command/exit-code.ts';
import { releaseUsers, type ReleaseUsersOptions } from '../install/release-users.ts';
import type { KubeOptions } from './parse-arguments.ts';
import type { RunDeps } from './run-command.ts';
import { runTask } from './run-task.ts';

export async function releaseUsersCommand(
  options: ReleaseUsersOptions,
  kube: KubeOptions,
  deps: RunDeps,
): Promise<ExitCode> {
  return await runTask({ kube, isConfiguration: () => false }, deps, async (task) => {
    await releaseUsers(options, task);
  });
}
