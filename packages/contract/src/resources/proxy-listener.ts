/** ProxyListener: a listener as an object of the Kubernetes API. Its spec is in listener.ts; here is what the operator says about it. */
import { Type } from 'typebox';
import { commonStatusProperties, pendingStatus, statusCount, statusText } from './status-fields.ts';

export const proxyListenerStatusSchema = Type.Object(
  {
    ...commonStatusProperties,
    addresses: statusText('The addresses it binds, joined by commas.', 1024),
    routes: statusCount('How many routes of the operator serve it.'),
    publishedGeneration: statusCount('The generation of what is published.'),
  },
  {
    default: pendingStatus,
    additionalProperties: false,
    description: 'What the operator and the proxies say about the listener.',
  },
);
