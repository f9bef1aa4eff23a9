/** `sluice key …`: how its commands are written. Pure. */
import { scopes } from '@sluice/contract/state-api/api-scope.ts';
import { type DeedForm, versionOption, versionSynopsis } from './deed-form.ts';
import { readId } from './read-id.ts';
import type { KeyDeed } from './state-deed.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';

const create: DeedForm<KeyDeed> = {
  verb: 'create',
  operand: 'CLIENT',
  options: { scope: { type: 'string', multiple: true }, expires: { type: 'string' }, comment: { type: 'string' } },
  synopsis: '--scope SCOPE… [--expires TIME] [--comment TEXT]',
  about: 'create an API key and print it, this once; a scope is read, write, admin, or one such as users:write',
  read(values, client) {
    const wanted = values.choices('scope', scopes);
    if (wanted.length === 0) throw new UsageError(`key create needs --scope: ${scopes.join(', ')}`);
    return {
      kind: 'CreateKey',
      client,
      scopes: [...new Set(wanted)],
      expiresAt: values.timestamp('expires'),
      comment: values.text('comment'),
    };
  },
};

const list: DeedForm<KeyDeed> = {
  verb: 'list',
  operand: null,
  options: { client: { type: 'string' }, live: { type: 'boolean' } },
  synopsis: '[--client CLIENT] [--live]',
  about: 'list API keys without their secrets; --live leaves out those revoked or expired',
  read: (values) => ({ kind: 'ListKeys', client: values.text('client'), isLiveOnly: values.flag('live') }),
};

const rotate: DeedForm<KeyDeed> = {
  verb: 'rotate',
  operand: 'ID',
  options: { expires: { type: 'string' } },
  synopsis: '[--expires TIME]',
  about: 'create a second key for the client of this one and print it, this once; the first stays until it is revoked',
  read: (values, operand) => ({ kind: 'RotateKey', id: readId(operand), expiresAt: values.timestamp('expires') }),
};

const revoke: DeedForm<KeyDeed> = {
  verb: 'revoke',
  operand: 'ID',
  options: versionOption,
  synopsis: versionSynopsis,
  about: 'end an API key for good',
  read: (values, operand) => ({
    kind: 'RevokeKey',
    id: readId(operand),
    version: values.integer('if-version', Number.MAX_SAFE_INTEGER),
  }),
};

export const keyForms: readonly DeedForm<KeyDeed>[] = [create, list, rotate, revoke];
