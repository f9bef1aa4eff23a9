/** Rules between the fields of a request that no schema of one field holds. Pure; each throws the problem of its fields. */
import { parseArgon2idVerifier } from '@sluice/contract/argon2id-verifier.ts';
import { parseBcryptVerifier } from '@sluice/contract/bcrypt-verifier.ts';
import { parseScryptVerifier } from '@sluice/contract/scrypt-verifier.ts';
import type { FieldError } from '@sluice/contract/state-api/problem.ts';
import { utf8Length } from '@sluice/contract/text-measure.ts';
import { verifierAlgorithmOf } from '@sluice/contract/verifier-algorithm.ts';
import type { AclSubject } from '../domain/acl-rule.ts';
import type { Verifier } from '../domain/credential.ts';
import { invalidFields } from './request-validator.ts';

const parsers = { argon2id: parseArgon2idVerifier, bcrypt: parseBcryptVerifier, scrypt: parseScryptVerifier } as const;
/** As many as SOCKS5 and HTTP Basic carry (RFC 1929). */
const maxPasswordBytes = 255;

function refuse(error: FieldError): never {
  throw invalidFields([error]);
}

/** A name that can stand in a path: clients resolve `.` and `..` away before they send (RFC 3986 section 5.2.4). */
export function addressableName(name: string, pointer: string): string {
  if (name !== '.' && name !== '..') return name;
  return refuse({ pointer, detail: 'cannot be part of an address', remedy: 'use another name than . and ..' });
}

/** Whose rule it is: exactly one of the two. */
export function aclSubjectOf(
  { user, group }: { readonly user?: string | undefined; readonly group?: string | undefined },
  pointer: string,
): AclSubject {
  if (user !== undefined && group === undefined) return { user };
  if (group !== undefined && user === undefined) return { group };
  return refuse({
    pointer,
    detail: user === undefined ? 'has neither user nor group' : 'has user and group',
    remedy: 'give exactly one of user and group',
  });
}

/** A verifier of a kind that proxies check, within its bounds. */
export function verifierOf(text: string, pointer: string): Verifier {
  const kind = verifierAlgorithmOf(text);
  const remedy = 'send an argon2id, scrypt or bcrypt verifier, or the password itself as password';
  if (kind === null) return refuse({ pointer, detail: 'is not a verifier that is supported', remedy });
  const parsed = parsers[kind](text);
  return parsed.kind === 'valid' ? { kind, text } : refuse({ pointer, detail: parsed.message, remedy: parsed.remedy });
}

/** A password that a client of the proxy can send. */
export function usablePassword(password: string, pointer: string): string {
  if (utf8Length(password) <= maxPasswordBytes) return password;
  return refuse({ pointer, detail: `is longer than ${maxPasswordBytes} bytes`, remedy: 'use a shorter password' });
}

/** Exactly one of the two. */
export function passwordOrVerifier(
  { password, verifier }: { readonly password?: string | undefined; readonly verifier?: string | undefined },
  pointer: string,
): { readonly password: string } | { readonly verifier: string } {
  if (password !== undefined && verifier === undefined) return { password };
  if (verifier !== undefined && password === undefined) return { verifier };
  return refuse({
    pointer,
    detail: password === undefined ? 'has neither password nor verifier' : 'has password and verifier',
    remedy: 'give exactly one of password and verifier',
  });
}
