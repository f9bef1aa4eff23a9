/** One line of an import as a row for the store, or what is wrong with it. Pure. */
import type { FieldError } from '@sluice/contract/state-api/problem.ts';
import { type TransferKind, transferKinds, transferLineSchemas } from '@sluice/contract/state-api/transfer-line.ts';
import { findUserBreaches } from '@sluice/contract/user-rules.ts';
import { verifierAlgorithms } from '@sluice/contract/verifier-algorithm.ts';
import type { Static } from 'typebox';
import type { CredentialInput } from '../domain/credential.ts';
import type { ImportRow } from '../domain/import-row.ts';
import { aclSubjectOf, addressableName, verifierOf } from './field-rules.ts';
import { ProblemError } from './problem-error.ts';
import { createRequestValidator, invalidFields } from './request-validator.ts';
import { aclMatchOf, groupInputOf, userInputOf } from './resource-inputs.ts';

export type ImportLine =
  | { readonly kind: 'Row'; readonly row: ImportRow }
  /** The last line of an export, which is taken as it is. */
  | { readonly kind: 'End' }
  | { readonly kind: 'Refused'; readonly detail: string; readonly errors: readonly FieldError[] };

type LineOf<Kind extends TransferKind> = Static<(typeof transferLineSchemas)[Kind]>;

const validators = {
  Group: createRequestValidator(transferLineSchemas.Group, 'body'),
  User: createRequestValidator(transferLineSchemas.User, 'body'),
  AclRule: createRequestValidator(transferLineSchemas.AclRule, 'body'),
} as const satisfies Record<TransferKind, unknown>;

/** Never throws. */
export function readImportLine(text: string): ImportLine {
  try {
    const value = parse(text);
    return isEnd(value) ? { kind: 'End' } : { kind: 'Row', row: rowOf(value) };
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error;
    return { kind: 'Refused', detail: error.message, errors: error.fieldErrors };
  }
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProblemError('malformed-request', { detail: 'The line is not JSON' });
  }
}

function isEnd(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'End';
}

function rowOf(value: unknown): ImportRow {
  const kind = kindOf(value);
  const validated = validators[kind](value);
  if ('error' in validated) throw validated.error;
  // The validator of this very kind has just let it through.
  switch (kind) {
    case 'Group': {
      const { group } = validated.value as LineOf<'Group'>;
      return { kind, group: { name: group.name, ...groupInputOf(group) } };
    }
    case 'User': {
      const { user, credentials } = validated.value as LineOf<'User'>;
      const name = addressableName(user.name, '/user/name');
      return { kind, user: { name, ...userInputOf(user) }, credentials: credentialsOf(credentials) };
    }
    case 'AclRule': {
      const { id = null, rule } = validated.value as LineOf<'AclRule'>;
      return { kind, id, rule: { subject: aclSubjectOf(rule, '/rule'), ...aclMatchOf(rule) } };
    }
  }
}

function kindOf(value: unknown): TransferKind {
  const given = typeof value === 'object' && value !== null && 'kind' in value ? value.kind : undefined;
  const kind = transferKinds.find((known) => known === given);
  if (kind !== undefined) return kind;
  const remedy = `use ${transferKinds.join(', ')}`;
  throw invalidFields([{ pointer: '/kind', detail: 'is not a kind of line', remedy }]);
}

function credentialsOf(credentials: LineOf<'User'>['credentials']): readonly CredentialInput[] | null {
  if (credentials === undefined) return null;
  const [breach] = findUserBreaches({ credentials });
  if (breach !== undefined) {
    throw invalidFields([{ pointer: `/${breach.path.join('/')}`, detail: breach.message, remedy: breach.remedy }]);
  }
  return credentials.map((credential, index) => {
    const algorithm = verifierAlgorithms.find((name) => credential[name] !== undefined) ?? 'argon2id';
    const verifier = verifierOf(credential[algorithm] ?? '', `/credentials/${index}/${algorithm}`);
    return { verifier, notAfter: credential.notAfter ?? null };
  });
}
