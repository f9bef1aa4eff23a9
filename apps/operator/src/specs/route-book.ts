/**
 * Every ProxyRoute with what becomes of it: read, set against the others, its Services resolved, ready to be published. Judges
 * again only what a change touches. Invariant: the outcomes depend on the objects there are, not on how they came.
 */
import type { ResourceSpec } from '@sluice/live-config/publisher/truth.ts';
import { parseHostPattern } from '@sluice/contract/host-pattern.ts';
import type { SluiceObject } from './kube-objects.ts';
import { objectName } from './kube-objects.ts';
import { readRoute, routeKey } from './read-object.ts';
import { claimsOf } from './route-claims.ts';
import { type LostClaims, RouteContest } from './route-contest.ts';
import { type ResolvedEndpoints, resolveEndpoints, type ServiceLookup, servicesOf } from './route-endpoints.ts';
import type { RouteSpec } from './route-spec.ts';

export interface RouteOutcome {
  readonly object: SluiceObject;
  /** On the bus. */
  readonly key: string;
  /** Of the spec as it is now; the last good one stays published. */
  readonly problems: readonly string[];
  readonly lost: LostClaims | undefined;
  /** Null: the route has no endpoints to resolve, since it has an action or cannot be read. */
  readonly resolved: ResolvedEndpoints | null;
  /** Null: not published. */
  readonly published: ResourceSpec | null;
}

interface Entry {
  readonly object: SluiceObject;
  readonly key: string;
  readonly problems: readonly string[];
  /** The spec, or while that cannot be read the last one that could. */
  readonly effective: RouteSpec | null;
  readonly services: ReadonlySet<string>;
}

export interface RouteBookDeps {
  readonly lookup: ServiceLookup;
  /** What the bucket held when this began: the last good spec of what cannot be read now. */
  readonly heldSpec: (key: string) => ResourceSpec | null;
}

export interface RouteChanges {
  /** By bus key; null: deleted. */
  readonly specs: ReadonlyMap<string, ResourceSpec | null>;
  /** `namespace/name` of routes whose outcome may be another now. */
  readonly touched: ReadonlySet<string>;
}

export class RouteBook {
  readonly #deps: RouteBookDeps;
  readonly #contest = new RouteContest();
  readonly #entries = new Map<string, Entry>();
  readonly #outcomes = new Map<string, RouteOutcome>();
  readonly #byService = new Map<string, Set<string>>();
  readonly #byServiceNamespace = new Map<string, Set<string>>();
  readonly #touched = new Set<string>();
  /** Bus keys of routes that are gone. */
  readonly #gone = new Map<string, string>();

  constructor(deps: RouteBookDeps) {
    this.#deps = deps;
  }

  outcome(id: string): RouteOutcome | undefined {
    return this.#outcomes.get(id);
  }

  ids(): Iterable<string> {
    return this.#entries.keys();
  }

  /** How many published routes serve a listener. */
  countOn(listener: string): number {
    let count = 0;
    for (const { published } of this.#outcomes.values()) {
      if (published === null) continue;
      const { listeners } = published as RouteSpec;
      if (listeners === undefined || listeners.includes(listener)) count += 1;
    }
    return count;
  }

  /** The route is there, as it is now. */
  set(object: SluiceObject): void {
    const id = objectName(object);
    const before = this.#entries.get(id);
    const key = routeKey(object.metadata);
    const { spec, problems } = readRoute(object);
    const effective: RouteSpec | null = spec ?? lastGood(before) ?? this.#deps.heldSpec(key);
    const endpoints = effective?.to?.endpoints ?? [];
    const services = servicesOf(object.metadata.namespace ?? '', endpoints);
    this.#forgetServices(id, before);
    for (const service of services) this.#follow(id, service);
    this.#entries.set(id, { object, key, problems, effective, services });
    this.#gone.delete(id);
    this.#contest.set(id, object.metadata, effective === null ? null : claimsOf(effective));
    this.#touched.add(id);
  }

  delete(id: string): void {
    const before = this.#entries.get(id);
    if (before === undefined) return;
    this.#forgetServices(id, before);
    this.#entries.delete(id);
    this.#contest.set(id, before.object.metadata, null);
    this.#gone.set(id, before.key);
  }

  /** A Service or its slices are others now. */
  serviceChanged(key: string): void {
    for (const id of this.#byService.get(key) ?? []) this.#touched.add(id);
  }

  /** What may be named there is something else now. */
  grantsChanged(namespace: string): void {
    for (const id of this.#byServiceNamespace.get(namespace) ?? []) this.#touched.add(id);
  }

  settle(): RouteChanges {
    for (const id of this.#contest.settle()) this.#touched.add(id);
    const specs = new Map<string, ResourceSpec | null>();
    const touched = new Set<string>();
    for (const [id, key] of this.#gone) {
      this.#outcomes.delete(id);
      specs.set(key, null);
    }
    for (const id of this.#touched) {
      const entry = this.#entries.get(id);
      if (entry === undefined) continue;
      const outcome = this.#judge(id, entry);
      this.#outcomes.set(id, outcome);
      specs.set(outcome.key, outcome.published);
      touched.add(id);
    }
    this.#gone.clear();
    this.#touched.clear();
    return { specs, touched };
  }

  #judge(id: string, { object, key, problems, effective }: Entry): RouteOutcome {
    const lost = this.#contest.lostOf(id);
    const namespace = object.metadata.namespace ?? '';
    const { to } = effective ?? {};
    const resolved = to === undefined ? null : resolveEndpoints(namespace, to.endpoints, this.#deps.lookup);
    const isPublished = effective !== null && lost?.isWhole !== true;
    const published = isPublished ? publishedSpec(effective, lost, resolved) : null;
    return { object, key, problems, lost, resolved, published };
  }

  #follow(id: string, service: string): void {
    addTo(this.#byService, service, id);
    addTo(this.#byServiceNamespace, namespaceOf(service), id);
  }

  #forgetServices(id: string, before: Entry | undefined): void {
    for (const service of before?.services ?? []) {
      removeFrom(this.#byService, service, id);
      removeFrom(this.#byServiceNamespace, namespaceOf(service), id);
    }
  }
}

function lastGood(before: Entry | undefined): RouteSpec | null {
  return before?.effective ?? null;
}

/** The spec without what older routes have, and with addresses in place of Services. */
function publishedSpec(
  spec: RouteSpec,
  lost: LostClaims | undefined,
  resolved: ResolvedEndpoints | null,
): ResourceSpec {
  const taken = new Set(lost?.names);
  const { match, to } = spec;
  const sni = match?.sni?.filter((name) => !taken.has(canonicalName(name)));
  return {
    ...spec,
    ...(sni === undefined ? {} : { match: { ...match, sni } }),
    ...(resolved === null ? {} : { to: { ...to, endpoints: resolved.endpoints } }),
  };
}

function canonicalName(text: string): string {
  const parsed = parseHostPattern(text);
  return parsed.kind === 'valid' ? parsed.value : text;
}

function namespaceOf(key: string): string {
  return key.slice(0, key.indexOf('/'));
}

function addTo(index: Map<string, Set<string>>, value: string, id: string): void {
  const ids = index.get(value);
  if (ids === undefined) index.set(value, new Set([id]));
  else ids.add(id);
}

function removeFrom(index: Map<string, Set<string>>, value: string, id: string): void {
  const ids = index.get(value);
  ids?.delete(id);
  if (ids?.size === 0) index.delete(value);
}
