/** Which fields of a user others have changed, in the words of the spec. Pure. */
import { isDeepStrictEqual } from 'node:util';
import type { UserSpecReplacement, UserSpecResource } from '@sluice/contract/state-api/user-spec-resource.ts';

/**
 * At least one: the user is known to have been changed, and what shows no difference can only be its credentials, which are never read
 * back, or something that was changed and changed back.
 */
export function driftedFields(stored: UserSpecResource, wanted: UserSpecReplacement): readonly string[] {
  const { enabled, groups, quota, onRevoke, destinations, managedBy } = stored;
  const fields: readonly (readonly [string, unknown, unknown])[] = [
    ['enabled', enabled, wanted.enabled],
    ['groups', groups, wanted.groups],
    ['managedBy', managedBy, wanted.managedBy],
    ['quota', quota, wanted.quota],
    ['onRevoke', onRevoke, wanted.onRevoke],
    ['allow', allowOf(destinations, stored.rules), allowOf(wanted.destinations, wanted.rules)],
    ['credentials', stored.credentials.map(shapeOf), (wanted.credentials ?? []).map(shapeOf)],
  ];
  const changed = fields.filter(([, is, shall]) => !isDeepStrictEqual(is, shall)).map(([name]) => name);
  return changed.length === 0 ? ['credentials'] : changed;
}

type Rule = NonNullable<UserSpecReplacement['rules']>[number];

function allowOf(destinations: 'Public' | 'Rules' | undefined, rules: readonly Rule[] | undefined): unknown {
  const own = (rules ?? []).map(({ domains, cidrs, ports, comment }) => ({ domains, cidrs, ports, comment }));
  return { destinations, rules: own };
}

/** What can be compared of a credential: when it ends. Its algorithm is the state service's choice for a password. */
function shapeOf({ notAfter }: { readonly notAfter?: string }): number | null {
  return notAfter === undefined ? null : Date.parse(notAfter);
}
