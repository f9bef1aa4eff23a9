/** ProxyRoute: a route as an object of the Kubernetes API. Its spec is in route.ts; here is what the operator says about it. */
import { Type } from 'typebox';
import { commonStatusProperties, pendingStatus, statusCount, statusText } from './status-fields.ts';

export const proxyRouteStatusSchema = Type.Object(
  {
    ...commonStatusProperties,
    listeners: statusText('Names of the listeners it serves, joined by commas; `*`: every listener.'),
    upstream: statusText(
      'Where connections go, in short: the first endpoint or Service and how many more, or the action.',
    ),
    endpoints: statusCount('How many addresses are published; those of Services are counted as they are resolved.'),
    publishedAs: statusText('What proxies call it in logs and metrics: `namespace.name`.'),
    publishedGeneration: statusCount(
      'The generation of what is published, which also grows with the endpoints of Services.',
    ),
  },
  {
    default: pendingStatus,
    additionalProperties: false,
    description: 'What the operator and the proxies say about the route.',
  },
);
