/** `sluice-operator init-secrets`: makes the Secrets of an installation that are not there yet, and ends. */
import { randomBytes } from 'node:crypto';
import type { ExitCode } from '@sluice/runtime/command/exit-code.ts';
import { initSecrets } from '../install/init-secrets.ts';
import type { InitSecretsOptions } from '../install/init-secrets-arguments.ts';
import { UnusableSecretError } from '../install/unusable-secret-error.ts';
import type { KubeOptions } from './parse-arguments.ts';
import type { RunDeps } from './run-command.ts';
import { runTask } from './run-task.ts';

export async function initSecretsCommand(
  options: InitSecretsOptions,
  kube: KubeOptions,
  deps: RunDeps,
): Promise<ExitCode> {
  const isConfiguration = (error: unknown): boolean => error instanceof UnusableSecretError;
  return await runTask({ kube, isConfiguration }, deps, async (task) => {
    await initSecrets(options, { ...task, randomBytes });
  });
}
