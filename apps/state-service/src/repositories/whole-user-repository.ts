/**
 * Users with everything of their own, put in one step: only what differs is written, and a user that is as it should be is not
 * touched. Invariant: `managed_tag` is the tag of what was put, so another tag is somebody else's change.
 */
import { isDeepStrictEqual } from 'node:util';
import type { AclRule } from '../domain/acl-rule.ts';
import type { CredentialInput } from '../domain/credential.ts';
import { AlreadyExistsError, NotFoundError } from '../domain/state-error.ts';
import type { WholeUserReader, WholeUserWriter } from '../domain/state-store.ts';
import { type OwnRuleInput, type WholeUser, type WholeUserInput, wholeUserTag } from '../domain/whole-user.ts';
import type { Session } from '../database/session.ts';
import { type AclRuleRow, aclRuleColumns, aclRuleOf } from './acl-rule-row.ts';
import type { ChangeRecorder } from './change-recorder.ts';
import { createCredentialReader, insertCredentials } from './credential-repository.ts';
import { lockGroupsForJoining, lockUser, requireRulesInBounds } from './locked-subject.ts';
import { createRandomId } from './random-id.ts';
import { createUserReader, inputOf, insertUser, setGroups, updateFields } from './user-repository.ts';
import { sortedNames } from './user-row.ts';

interface ManagedRow {
  readonly managed_revision: string | null;
  readonly managed_tag: string | null;
  readonly generation: number;
}

export function createWholeUserReader(session: Session): WholeUserReader {
  return { find: (name) => findWhole(session, name) };
}

async function findWhole(session: Session, name: string): Promise<WholeUser | null> {
  const user = await createUserReader(session).find(name);
  const credentials = await createCredentialReader(session).list(name);
  if (user === null || credentials === null) return null;
  const rules = await ownRules(session, name);
  const [row] = await session.query<ManagedRow>(
    'SELECT managed_revision, managed_tag, generation FROM users WHERE name = $1',
    [name],
  );
  if (row === undefined) return null;
  const { managed_revision: managedRevision, generation } = row;
  const tag = wholeUserTag({
    user: user.version,
    managedRevision,
    credentials: credentials.map(({ version }) => version),
    rules: rules.map(({ version }) => version),
  });
  return { user, managedRevision, credentials, rules, tag, isEdited: row.managed_tag !== tag, generation };
}

async function ownRules(session: Session, name: string): Promise<readonly AclRule[]> {
  const rows = await session.query<AclRuleRow>(
    `SELECT ${aclRuleColumns} FROM acl_rules WHERE user_name = $1 ORDER BY position`,
    [name],
  );
  return rows.map(aclRuleOf);
}

export function createWholeUserWriter(session: Session, recorder: ChangeRecorder): WholeUserWriter {
  const mustFind = async (name: string): Promise<WholeUser> => {
    const whole = await findWhole(session, name);
    if (whole === null) throw new NotFoundError('User', name);
    return whole;
  };

  const finish = async (before: WholeUser | null, input: WholeUserInput, isPublished: boolean): Promise<WholeUser> => {
    const { name } = input.user;
    await session.query('UPDATE users SET managed_revision = $2 WHERE name = $1', [name, input.managedRevision]);
    if (isPublished) {
      await recorder.touchUsers([name]);
      await requireRulesInBounds(session, name);
    }
    const { tag } = await mustFind(name);
    await session.query('UPDATE users SET managed_tag = $2 WHERE name = $1', [name, tag]);
    const after = await mustFind(name);
    const action = before === null ? 'Created' : 'Updated';
    const states = { before: before === null ? null : auditedState(before), after: auditedState(after) };
    await recorder.audit([{ action, kind: 'User', name, ...states }]);
    return after;
  };

  const create = async (input: WholeUserInput): Promise<WholeUser> => {
    const { name } = input.user;
    if (!(await insertUser(session, input.user))) throw new AlreadyExistsError('User', name);
    await setGroups(session, name, sortedNames(input.user.groups));
    await insertCredentials(session, name, input.credentials);
    await insertRules(session, name, input.rules);
    return await finish(null, input, true);
  };

  const change = async (before: WholeUser, input: WholeUserInput): Promise<WholeUser> => {
    const { name } = input.user;
    const wanted = { ...input.user, groups: sortedNames(input.user.groups) };
    const isOtherUser = !isDeepStrictEqual(inputOf(wanted), inputOf(before.user));
    if (isOtherUser) {
      await updateFields(session, wanted);
      await setGroups(session, name, wanted.groups);
    }
    const isOtherCredentials = await changeCredentials(session, name, input.credentials);
    const isOtherRules = await changeRules(session, { name, before: before.rules }, input.rules);
    const isPublished = isOtherUser || isOtherCredentials || isOtherRules;
    const isSaid = before.managedRevision !== input.managedRevision || before.isEdited;
    return isPublished || isSaid ? await finish(before, input, isPublished) : before;
  };

  return {
    find: (name) => findWhole(session, name),
    async put(input, judge) {
      const { name, groups } = input.user;
      await lockGroupsForJoining(session, sortedNames(groups), name);
      const isThere = await lockUser(session, name).then(
        () => true,
        (error: unknown) => {
          if (error instanceof NotFoundError) return false;
          throw error;
        },
      );
      const before = isThere ? await mustFind(name) : null;
      judge(before);
      return before === null ? await create(input) : await change(before, input);
    },
  };
}

/** Without verifiers: no credential here holds one. */
function auditedState({ user, managedRevision, credentials, rules }: WholeUser): object {
  return { ...user, managedRevision, credentials, rules };
}

/** Whether there was anything to change. A credential with the same verifier and end stays as it is. */
async function changeCredentials(session: Session, user: string, inputs: readonly CredentialInput[]): Promise<boolean> {
  const matches = await session.query<{ id: string; place: number }>(
    `SELECT c.id, input.place FROM credentials c
     JOIN unnest($2::text[], $3::text[], $4::timestamptz[]) WITH ORDINALITY AS input (kind, verifier, not_after, place)
       ON c.kind = input.kind AND c.verifier = input.verifier AND c.not_after IS NOT DISTINCT FROM input.not_after::timestamptz(3)
     WHERE c.user_name = $1 ORDER BY c.position, input.place`,
    [
      user,
      inputs.map(({ verifier }) => verifier.kind),
      inputs.map(({ verifier }) => verifier.text),
      inputs.map(({ notAfter }) => notAfter),
    ],
  );
  const kept = new Map<string, number>();
  const places = new Set<number>();
  for (const { id, place } of matches) {
    if (kept.has(id) || places.has(place)) continue;
    kept.set(id, place);
    places.add(place);
  }
  const gone = await session.query(
    'DELETE FROM credentials WHERE user_name = $1 AND id <> ALL ($2::text[]) RETURNING id',
    [user, [...kept.keys()]],
  );
  const added = inputs.filter((_, index) => !places.has(index + 1));
  await insertCredentials(session, user, added);
  return gone.length > 0 || added.length > 0;
}

interface OwnRules {
  readonly name: string;
  readonly before: readonly AclRule[];
}

/** As `changeCredentials`: from the first rule that differs on, they are made anew, so that they keep their order. */
async function changeRules(
  session: Session,
  { name, before }: OwnRules,
  inputs: readonly OwnRuleInput[],
): Promise<boolean> {
  const firstOther = inputs.findIndex((input, index) => !isSameRule(before[index], input));
  const same = firstOther === -1 ? inputs.length : firstOther;
  if (same === inputs.length && same === before.length) return false;
  await session.query('DELETE FROM acl_rules WHERE id = ANY ($1::text[])', [before.slice(same).map(({ id }) => id)]);
  await insertRules(session, name, inputs.slice(same));
  return true;
}

function isSameRule(rule: AclRule | undefined, input: OwnRuleInput): boolean {
  return rule !== undefined && isDeepStrictEqual(matchOf(rule), matchOf(input));
}

function matchOf({ domains, cidrs, ports, comment }: OwnRuleInput): OwnRuleInput {
  return { domains, cidrs, ports, comment };
}

async function insertRules(session: Session, user: string, rules: readonly OwnRuleInput[]): Promise<void> {
  if (rules.length === 0) return;
  await session.query(
    `INSERT INTO acl_rules (id, user_name, domains, cidrs, ports, comment)
     SELECT id, $1, domains, cidrs, ports, comment
     FROM ROWS FROM (jsonb_to_recordset($2::jsonb) AS
       (id text, domains text[], cidrs text[], ports integer[], comment text)
     ) WITH ORDINALITY AS input (id, domains, cidrs, ports, comment, place)
     ORDER BY place`,
    [user, JSON.stringify(rules.map((rule) => ({ id: createRandomId(), ...matchOf(rule) })))],
  );
}
