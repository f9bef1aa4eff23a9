/**
 * The configuration as it may be shown. Pure. A verifier is not a password, but it lets whoever reads it guess at leisure.
 */
import { redactedText } from '@sluice/runtime/secret.ts';
import type { EffectiveConfig } from '../config/effective-config.ts';

/** A copy without credentials. */
export function redactedConfig(config: EffectiveConfig): EffectiveConfig {
  const users = config.users.map((user) => ({
    ...user,
    credentials: user.credentials.map((credential) => ({ ...credential, verifier: redactedText })),
  }));
  return { ...config, users };
}
