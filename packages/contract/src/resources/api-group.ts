/** How the resources are called in the Kubernetes API. Not here: what is in them. */
export const apiGroup = 'sluice.dev';
export const apiVersionName = 'v1alpha1';
export const apiVersion: 'sluice.dev/v1alpha1' = `${apiGroup}/${apiVersionName}`;

/**
 * Version of the definitions together, in an annotation of each: a lower one does not replace a higher one. Raised whenever a
 * definition changes.
 */
export const bundleVersion = '0.1.0';
export const bundleVersionAnnotation = 'sluice.dev/bundle-version';

/** Longest name of an object: with the namespace before it, a route is called by 253 characters at most. */
export const maxObjectNameLength = 189;

export const proxyRouteKind = { kind: 'ProxyRoute', plural: 'proxyroutes', shortName: 'proute' } as const;
export const proxyUserKind = { kind: 'ProxyUser', plural: 'proxyusers', shortName: 'puser' } as const;
export const proxyListenerKind = { kind: 'ProxyListener', plural: 'proxylisteners', shortName: 'plistener' } as const;

/** What a resource is called in the API. */
export interface ResourceNames {
  readonly kind: 'ProxyRoute' | 'ProxyUser' | 'ProxyListener';
  readonly plural: string;
  readonly shortName: string;
}
