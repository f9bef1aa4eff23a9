/**
 * The routes and listeners of the file and the live ones made into one configuration: the file's come first and win every
 * clash, of the live ones those in force go before new versions, in the order of their names. What cannot be taken is
 * rejected with a reason and leaves its last good version in force. Pure.
 */
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import type { ResourceKey } from '@sluice/contract/config-key.ts';
import type { EffectiveConfig, ListenerConfig, RouteConfig } from '../../config/effective-config.ts';
import { nearestName } from '../../config/nearest-name.ts';
import type { LiveReading, LiveResource } from '../../config/read-live-resource.ts';
import { showText } from '../../config/show-text.ts';

export type RoutingResource = Exclude<LiveResource, { kind: 'User' }>;

/** A live resource: what was published last, and what was accepted last. */
export interface LiveVersions {
  readonly key: string;
  readonly id: ResourceKey;
  readonly latest: LiveReading<RoutingResource>;
  readonly lastGood: RoutingResource | null;
}

/** What a name or an address of the file is, and in which line: `listener "edge" in line 3 of sluice.yaml`. */
export interface FileSide {
  readonly config: EffectiveConfig;
  readonly describe: (path: readonly (string | number)[]) => string;
}

export interface MergedRouting {
  readonly config: EffectiveConfig;
  /** By key, of what is in force and is not the last good version yet. */
  readonly accepted: ReadonlyMap<string, RoutingResource>;
  /** By key, of what was published last and is not in force. */
  readonly rejected: ReadonlyMap<string, string>;
}

/** As the file's own maximum. */
const maxListeners = 128;
const maxRoutes = 200_000;

/** `unbindable`: listeners of which a bind has just failed, each with the reason. */
export function mergeRouting(
  file: FileSide,
  live: readonly LiveVersions[],
  unbindable: ReadonlyMap<ListenerConfig, string>,
): MergedRouting {
  const merge = new RoutingMerge(file, unbindable);
  const ordered = live.toSorted((a, b) => rank(a) - rank(b) || compareVersions(a, b));
  for (const versions of ordered) if (versions.id.kind === 'Listener') merge.add(versions);
  for (const versions of ordered) if (versions.id.kind === 'Route') merge.add(versions);
  return merge.finish();
}

/** What is in force and stays must not lose its address to what comes anew. */
function rank({ id, latest, lastGood }: LiveVersions): number {
  return id.kind === 'Route' || (latest.ok && latest.resource === lastGood) ? 0 : 1;
}

/** By name. */
export function compareVersions({ id: a }: LiveVersions, { id: b }: LiveVersions): number {
  return a.name < b.name ? -1 : a.name > b.name ? 1 : 0;
}

/** Asked only when there is a clash: lines of a large file are not looked up for nothing. */
type Owner = () => string;

class RoutingMerge {
  readonly #file: FileSide;
  readonly #unbindable: ReadonlyMap<ListenerConfig, string>;
  readonly #listeners: ListenerConfig[];
  readonly #routes: RouteConfig[];
  /** Name to what has it. */
  readonly #listenerNames = new Map<string, Owner>();
  readonly #routeIndex = new Map<string, number>();
  /** Address to what binds it. */
  readonly #binds = new Map<string, Owner>();
  readonly #accepted = new Map<string, RoutingResource>();
  readonly #rejected = new Map<string, string>();

  constructor(file: FileSide, unbindable: ReadonlyMap<ListenerConfig, string>) {
    const { config, describe } = file;
    this.#file = file;
    this.#unbindable = unbindable;
    this.#listeners = [...config.listeners];
    this.#routes = [...config.routes];
    for (const [index, { name, binds }] of config.listeners.entries()) {
      const owner: Owner = () => `listener ${showText(name)} ${describe(['listeners', index])}`;
      this.#listenerNames.set(name, owner);
      this.#takeBinds(binds, owner);
    }
    if (config.admin.enabled)
      this.#takeBinds([config.admin.bind], () => `the admin listener ${describe(['admin', 'bind'])}`);
    for (const [index, { name }] of config.routes.entries()) this.#routeIndex.set(name, index);
  }

  add({ key, latest, lastGood }: LiveVersions): void {
    const wanted = latest.ok ? latest.resource : null;
    const problem = latest.ok ? this.#tryTake(latest.resource) : latest.reason;
    if (problem !== null) {
      this.#rejected.set(key, problem);
      if (lastGood !== null && wanted !== lastGood) this.#tryTake(lastGood);
    } else if (wanted !== null && wanted !== lastGood) this.#accepted.set(key, wanted);
  }

  finish(): MergedRouting {
    const config = { ...this.#file.config, listeners: this.#listeners, routes: this.#routes };
    return { config, accepted: this.#accepted, rejected: this.#rejected };
  }

  /** Null: taken; else why not. */
  #tryTake(resource: RoutingResource): string | null {
    const problem =
      resource.kind === 'Listener' ? this.#listenerProblem(resource.value) : this.#routeProblem(resource.value);
    if (problem !== null) return problem;
    if (resource.kind === 'Route') {
      this.#routes.push(resource.value);
      return null;
    }
    const { name, binds } = resource.value;
    const owner: Owner = () => `the live listener ${showText(name)}`;
    this.#listeners.push(resource.value);
    this.#listenerNames.set(name, owner);
    this.#takeBinds(binds, owner);
    return null;
  }

  #listenerProblem(listener: ListenerConfig): string | null {
    const holder = this.#listenerNames.get(listener.name);
    if (holder !== undefined) return `${holder()} has this name, and the file wins (give it another name)`;
    for (const [index, bind] of listener.binds.entries()) {
      const owner = bind.port === 0 ? undefined : this.#binds.get(addressOf(bind));
      if (owner !== undefined) return `/bind/${index}: ${bind.text} is bound by ${owner()} (bind another address)`;
    }
    if (this.#listeners.length >= maxListeners) return `there are ${maxListeners} listeners already (remove one)`;
    return this.#unbindable.get(listener) ?? null;
  }

  #routeProblem(route: RouteConfig): string | null {
    const index = this.#routeIndex.get(route.name);
    if (index !== undefined) {
      const place = this.#file.describe(['routes', index]);
      return `a route ${place} has this name, and the file wins (give it another name)`;
    }
    const at = route.listeners?.findIndex((name) => !this.#listenerNames.has(name)) ?? -1;
    if (at >= 0) return this.#unknownListener(route.listeners?.[at] ?? '', at);
    return this.#routes.length < maxRoutes ? null : `there are ${maxRoutes} routes already (remove one)`;
  }

  #unknownListener(name: string, at: number): string {
    const nearest = nearestName(name, this.#listenerNames.keys());
    const remedy = nearest === null ? 'publish it, or name one that there is' : `did you mean ${nearest}?`;
    return `/listeners/${at}: no listener is called ${showText(name)} (${remedy})`;
  }

  #takeBinds(binds: ListenerConfig['binds'], owner: Owner): void {
    for (const bind of binds) if (bind.port !== 0) this.#binds.set(addressOf(bind), owner);
  }
}

/** One text for each address, however it was written. */
function addressOf({ text }: ListenerConfig['binds'][number]): string {
  const parsed = parseBindAddress(text);
  return parsed.kind === 'valid' ? parsed.value.canonical : text;
}
