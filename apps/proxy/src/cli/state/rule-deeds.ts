/** `sluice acl …`: what its commands do. */
import { type AclRuleResource, aclRuleResourceSchema } from '@sluice/contract/state-api/acl-rule-resource.ts';
import { pageSchema } from '@sluice/contract/state-api/page.ts';
import { type DeedSession, ifMatch, report } from './deed-session.ts';
import { printList } from './print-list.ts';
import type { RuleAddition, RuleDeed } from './state-deed.ts';

export const ruleColumns = {
  headings: ['ID', 'FOR', 'DOMAINS', 'NETWORKS', 'PORTS', 'COMMENT'],
  cells: ({ id, user, group, domains, cidrs, ports, comment }: AclRuleResource) => [
    id,
    user === undefined ? `group ${group ?? ''}` : `user ${user}`,
    (domains ?? ['any']).join(' '),
    (cidrs ?? ['any']).join(' '),
    (ports ?? ['any']).join(' '),
    comment ?? '',
  ],
  none: 'no rules',
};

export async function doRuleDeed(deed: RuleDeed, session: DeedSession): Promise<void> {
  const { client } = session;
  switch (deed.kind) {
    case 'AddRule': {
      const { resource, sent } = await client.create('/v1/acl-rules', ruleBody(deed), aclRuleResourceSchema);
      return report(session, sent, `added rule ${resource.id}`);
    }
    case 'ListRules': {
      const { user, group } = deed;
      const query = { ...(user === null ? {} : { user }), ...(group === null ? {} : { group }) };
      const pages = client.pages('/v1/acl-rules', query, pageSchema(aclRuleResourceSchema));
      return await printList(pages, ruleColumns, session);
    }
    case 'RemoveRule':
      await client.remove(`/v1/acl-rules/${deed.id}`, ifMatch(deed.version));
      return report(session, { id: deed.id, isDeleted: true }, `withdrew rule ${deed.id}`);
  }
}

function ruleBody({ subject, domains, cidrs, ports, comment }: RuleAddition) {
  return {
    ...subject,
    ...(domains.length === 0 ? {} : { domains }),
    ...(cidrs.length === 0 ? {} : { cidrs }),
    ...(ports.length === 0 ? {} : { ports }),
    ...(comment === null ? {} : { comment }),
  };
}
