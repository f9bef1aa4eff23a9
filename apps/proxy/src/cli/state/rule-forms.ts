/** `sluice acl …`: how its commands are written. Pure. */
import { type DeedForm, versionOption, versionSynopsis } from './deed-form.ts';
import type { OptionValues } from './option-values.ts';
import { readId } from './read-id.ts';
import type { RuleAddition, RuleDeed } from './state-deed.ts';
import { UsageError } from '@sluice/runtime/command/usage-error.ts';

const add: DeedForm<RuleDeed> = {
  verb: 'add',
  operand: null,
  options: {
    user: { type: 'string' },
    group: { type: 'string' },
    domain: { type: 'string', multiple: true },
    cidr: { type: 'string', multiple: true },
    port: { type: 'string', multiple: true },
    comment: { type: 'string' },
  },
  synopsis: '(--user NAME | --group GROUP) [--domain NAME]… [--cidr NETWORK]… [--port N]… [--comment TEXT]',
  about: 'allow destinations to a user or to the members of a group; it counts for users with destinations Rules',
  read: (values) => ({
    kind: 'AddRule',
    subject: subjectOf(values),
    domains: values.texts('domain'),
    cidrs: values.texts('cidr'),
    ports: values.integers('port', 65_535),
    comment: values.text('comment'),
  }),
};

const list: DeedForm<RuleDeed> = {
  verb: 'list',
  operand: null,
  options: { user: { type: 'string' }, group: { type: 'string' } },
  synopsis: '[--user NAME | --group GROUP]',
  about: 'list rules, the oldest first',
  read(values) {
    const [user, group] = [values.text('user'), values.text('group')];
    if (user !== null && group !== null) throw new UsageError('acl list takes --user or --group, not both');
    return { kind: 'ListRules', user, group };
  },
};

const remove: DeedForm<RuleDeed> = {
  verb: 'rm',
  operand: 'ID',
  options: versionOption,
  synopsis: versionSynopsis,
  about: 'withdraw a rule',
  read: (values, operand) => ({
    kind: 'RemoveRule',
    id: readId(operand),
    version: values.integer('if-version', Number.MAX_SAFE_INTEGER),
  }),
};

export const ruleForms: readonly DeedForm<RuleDeed>[] = [add, list, remove];

function subjectOf(values: OptionValues): RuleAddition['subject'] {
  const [user, group] = [values.text('user'), values.text('group')];
  if (user !== null && group === null) return { user };
  if (group !== null && user === null) return { group };
  throw new UsageError('acl add takes either --user NAME or --group GROUP: whose rule it is');
}
