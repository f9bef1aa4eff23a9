/** `sluice user …`: how its commands are written. Pure. */
import { type DeedForm, versionOption, versionSynopsis } from './deed-form.ts';
import type { OptionValues } from './option-values.ts';
import type { SecretKind, UserDeed } from './state-deed.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';

const maxConnections = 1_000_000;

const add: DeedForm<UserDeed> = {
  verb: 'add',
  operand: 'NAME',
  options: {
    group: { type: 'string', multiple: true },
    destinations: { type: 'string' },
    connections: { type: 'string' },
    'on-revoke': { type: 'string' },
    disabled: { type: 'boolean' },
    'not-after': { type: 'string' },
    verifier: { type: 'boolean' },
    'no-password': { type: 'boolean' },
  },
  synopsis:
    '[--destinations Public|Rules] [--group GROUP]… [--connections N] [--on-revoke Keep|Disconnect] [--disabled] [--not-after TIME] [--verifier | --no-password]',
  about: 'create a user; its password is asked for twice, or is the first line of standard input',
  read(values, name) {
    const notAfter = values.timestamp('not-after');
    const secret = values.flag('no-password') ? null : secretKindOf(values);
    if (secret === null && (values.flag('verifier') || notAfter !== null)) {
      throw new UsageError('--no-password adds no credential: it goes with neither --verifier nor --not-after');
    }
    return {
      kind: 'AddUser',
      name: addressable(name),
      isEnabled: !values.flag('disabled'),
      destinations: values.choice('destinations', ['Public', 'Rules']),
      groups: values.texts('group'),
      connections: values.integer('connections', maxConnections),
      onRevoke: values.choice('on-revoke', ['Keep', 'Disconnect']),
      secret,
      notAfter,
    };
  },
};

const passwd: DeedForm<UserDeed> = {
  verb: 'passwd',
  operand: 'NAME',
  options: { keep: { type: 'boolean' }, 'not-after': { type: 'string' }, verifier: { type: 'boolean' } },
  synopsis: '[--keep] [--not-after TIME] [--verifier]',
  about: 'set a password anew, instead of every credential there was; --keep adds it beside them, to change over',
  read: (values, name) => ({
    kind: 'SetPassword',
    name: addressable(name),
    secret: secretKindOf(values),
    keepsOthers: values.flag('keep'),
    notAfter: values.timestamp('not-after'),
  }),
};

const list: DeedForm<UserDeed> = {
  verb: 'list',
  operand: null,
  options: {
    group: { type: 'string' },
    prefix: { type: 'string' },
    enabled: { type: 'boolean' },
    disabled: { type: 'boolean' },
  },
  synopsis: '[--group GROUP] [--prefix TEXT] [--enabled | --disabled]',
  about: 'list users by name',
  read(values) {
    const [isEnabled, isDisabled] = [values.flag('enabled'), values.flag('disabled')];
    if (isEnabled && isDisabled) throw new UsageError('--enabled and --disabled together leave no user');
    return {
      kind: 'ListUsers',
      group: values.text('group'),
      namePrefix: values.text('prefix'),
      enabled: isEnabled || isDisabled ? isEnabled : null,
    };
  },
};

const show: DeedForm<UserDeed> = {
  verb: 'show',
  operand: 'NAME',
  options: {},
  synopsis: '',
  about: 'show a user with its credentials (never what they check) and its own rules',
  read: (_values, name) => ({ kind: 'ShowUser', name: addressable(name) }),
};

const remove: DeedForm<UserDeed> = {
  verb: 'rm',
  operand: 'NAME',
  options: versionOption,
  synopsis: versionSynopsis,
  about: 'delete a user with its credentials and rules',
  read: (values, name) => ({ kind: 'RemoveUser', name: addressable(name), version: versionOf(values) }),
};

const enable: DeedForm<UserDeed> = {
  verb: 'enable',
  operand: 'NAME',
  options: versionOption,
  synopsis: versionSynopsis,
  about: 'let a user log in again',
  read: (values, name) => switchOf(values, name, true),
};

const disable: DeedForm<UserDeed> = {
  verb: 'disable',
  operand: 'NAME',
  options: versionOption,
  synopsis: versionSynopsis,
  about: 'let nobody log in with this name; all its data stays',
  read: (values, name) => switchOf(values, name, false),
};

export const userForms: readonly DeedForm<UserDeed>[] = [add, passwd, list, show, remove, enable, disable];

function switchOf(values: OptionValues, name: string, enabled: boolean): UserDeed {
  return { kind: 'SwitchUser', name: addressable(name), enabled, version: versionOf(values) };
}

function secretKindOf(values: OptionValues): SecretKind {
  return values.flag('verifier') ? 'Verifier' : 'Password';
}

function versionOf(values: OptionValues): number | null {
  return values.integer('if-version', Number.MAX_SAFE_INTEGER);
}

/** A URL cannot carry `.` and `..` as a segment, also not escaped: the request would be about something else. */
function addressable(name: string): string {
  if (name !== '.' && name !== '..') return name;
  throw new UsageError('. and .. are no names of users');
}
