/** ProxyUser: a user as an object of the Kubernetes API. Its spec is in user.ts; here is what the operator says about it. */
import { Type } from 'typebox';
import { commonStatusProperties, pendingStatus, statusCount, statusList, statusText } from './status-fields.ts';

const secretSchema = Type.Object(
  {
    name: Type.String({ maxLength: 253, description: 'The name of the Secret.' }),
    uid: Type.String({
      maxLength: 64,
      description: 'Its metadata.uid: another one with the same name is another Secret.',
    }),
    resourceVersion: Type.String({ maxLength: 64, description: 'Its metadata.resourceVersion when it was read.' }),
  },
  { additionalProperties: false, description: 'A Secret as it was applied; never what is in it.' },
);

export const proxyUserStatusSchema = Type.Object(
  {
    ...commonStatusProperties,
    login: statusText(
      'How the user logs in, in short: the algorithm or Secret of the password and how many credentials.',
    ),
    destinations: statusText('Where the user may go, in short: `Public`, `None` or the number of rules.'),
    version: statusCount("The user's version in the state service, its ETag, as the operator last put it there."),
    managedRevision: statusText('What the user was made from as it was last put, in the words of the operator.', 1024),
    secrets: statusList(secretSchema, { maxItems: 9, description: 'The Secrets whose content is in force.' }),
    drift: statusList(Type.String({ maxLength: 128, description: 'The path of a field.' }), {
      maxItems: 32,
      description: 'Fields that were changed in the state service since; absent: none.',
    }),
  },
  {
    default: pendingStatus,
    additionalProperties: false,
    description: 'What the operator, the state service and the proxies say about the user.',
  },
);
