/** The command line of the chart's Job, as the chart renders it. */
import type { Manifest } from './manifest.ts';

interface JobSpec {
  readonly template: { readonly spec: { readonly containers: readonly { readonly args: readonly string[] }[] } };
}

export function initSecretsArgs(manifests: readonly Manifest[]): readonly string[] {
  const job = manifests.find(({ kind, metadata }) => kind === 'Job' && metadata.name.includes('-init-secrets-'));
  const args = (job?.['spec'] as JobSpec | undefined)?.template.spec.containers[0]?.args;
  if (args === undefined) throw new Error('the chart renders no Job of init-secrets');
  return args;
}
