/** The OpenAPI document: what is said about the interface as a whole. The routes say the rest. */
import type { FastifyDynamicSwaggerOptions } from '@fastify/swagger';
import { aclRuleResourceSchema } from '@sluice/contract/state-api/acl-rule-resource.ts';
import { apiKeyResourceSchema, createdApiKeySchema } from '@sluice/contract/state-api/api-key-resource.ts';
import { auditEntryResourceSchema } from '@sluice/contract/state-api/audit-entry-resource.ts';
import { credentialResourceSchema } from '@sluice/contract/state-api/credential-resource.ts';
import { groupResourceSchema } from '@sluice/contract/state-api/group-resource.ts';
import { problemSchema } from '@sluice/contract/state-api/problem.ts';
import { userResourceSchema } from '@sluice/contract/state-api/user-resource.ts';
import { userSpecResourceSchema } from '@sluice/contract/state-api/user-spec-resource.ts';
import { laterKeyword } from '@sluice/contract/schema-keywords.ts';
import { hoistSchemas } from './hoist-schemas.ts';

/** Said once, under these names, and referred to. */
const named = {
  Problem: problemSchema,
  User: userResourceSchema,
  UserSpec: userSpecResourceSchema,
  Group: groupResourceSchema,
  Credential: credentialResourceSchema,
  AclRule: aclRuleResourceSchema,
  ApiKey: apiKeyResourceSchema,
  CreatedApiKey: createdApiKeySchema,
  AuditEntry: auditEntryResourceSchema,
} as const;

/** Options of the plugin that gathers the routes. */
export function openApiOptions(version: string): FastifyDynamicSwaggerOptions {
  return {
    transformObject: (document) =>
      'openapiObject' in document ? hoistSchemas(document.openapiObject, { named, without: laterKeyword }) : {},
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Sluice state service',
        version,
        description:
          'Users, credentials, groups, access rules, quotas and API keys of the forward proxy. Problems are RFC 9457 documents; ' +
          'changes take If-Match, creations an Idempotency-Key; lists are paged by cursor.',
        license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      },
      servers: [{ url: '/' }],
      tags: [
        { name: 'users', description: 'Who may use the forward proxy.' },
        { name: 'credentials', description: 'What users log in with.' },
        { name: 'groups', description: 'Rules and quotas that users share.' },
        { name: 'acl', description: 'Destinations that are allowed.' },
        { name: 'quotas', description: 'Limits, by themselves.' },
        { name: 'keys', description: 'Who may use this interface.' },
        { name: 'audit', description: 'What was changed by whom.' },
        { name: 'transfer', description: 'All of it at once.' },
        { name: 'health', description: 'For machines that watch the process.' },
      ],
      components: {
        securitySchemes: {
          apiKey: { type: 'http', scheme: 'bearer', description: 'An API key: `slc_…`.' },
        },
      },
      security: [{ apiKey: [] }],
    },
  };
}
