/** Credentials as a body says them, as the store takes them: passwords are hashed, outside of any transaction, which must stay short. */
import type { CredentialCreation } from '@sluice/contract/state-api/credential-resource.ts';
import type { PasswordHasher } from '../credentials/password-hasher.ts';
import type { CredentialInput } from '../domain/credential.ts';
import { passwordOrVerifier, usablePassword, verifierOf } from './field-rules.ts';

export async function credentialInputOf(
  body: CredentialCreation,
  { hasher, pointer }: { readonly hasher: PasswordHasher; readonly pointer: string },
): Promise<CredentialInput> {
  const notAfter = body.notAfter ?? null;
  const given = passwordOrVerifier(body, pointer);
  if ('verifier' in given) return { verifier: verifierOf(given.verifier, `${pointer}/verifier`), notAfter };
  return { verifier: await hasher.hash(usablePassword(given.password, `${pointer}/password`)), notAfter };
}

/** Of a list under `/credentials`. */
export async function credentialInputsOf(
  bodies: readonly CredentialCreation[],
  hasher: PasswordHasher,
): Promise<readonly CredentialInput[]> {
  const inputs: CredentialInput[] = [];
  for (const [index, body] of bodies.entries()) {
    inputs.push(await credentialInputOf(body, { hasher, pointer: `/credentials/${index}` }));
  }
  return inputs;
}
