/**
 * The rules between fields, which no schema of a single field can hold: unique names and addresses, references, and
 * fields that exclude or need each other. Works on what could be read of a file with errors, so that all errors of a file
 * are found at once.
 */
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import { nearestName } from './nearest-name.ts';
import type { ReadableConfig } from './readable-config.ts';
import { showText } from './show-text.ts';
import type { ConfigPath } from './source-locator.ts';

/** Where reports go and lines come from: the caller knows the file. */
export interface ConfigReport {
  readonly reportAt: (path: ConfigPath, message: string, remedy: string) => void;
  readonly reportKey: (path: ConfigPath, key: string, message: string, remedy: string) => void;
  readonly lineAt: (path: ConfigPath) => number;
}

type ReadableRoute = NonNullable<NonNullable<ReadableConfig['routes']>[number]>;

/** Reports every broken rule; silent for a configuration that may be used. */
export function checkConfig(config: ReadableConfig, report: ConfigReport): void {
  checkNames('listeners', config.listeners ?? [], report);
  checkNames('routes', config.routes ?? [], report);
  checkNames('users', config.users ?? [], report);
  checkBinds(config, report);
  const listenerNames = new Set(
    (config.listeners ?? []).map((listener) => listener?.name).filter((name) => name !== undefined),
  );
  const areListenersKnown =
    (config.listeners ?? []).every((listener) => listener?.name !== undefined) && config.listeners !== undefined;
  for (const [index, route] of (config.routes ?? []).entries()) {
    if (route === undefined) continue;
    checkTarget(route, ['routes', index], report);
    // A listener whose name could not be read may be the one that is meant.
    if (areListenersKnown) checkListenerNames(route, { path: ['routes', index], listenerNames }, report);
  }
}

function checkNames(
  kind: 'listeners' | 'routes' | 'users',
  items: readonly ({ readonly name?: string | undefined } | undefined)[],
  report: ConfigReport,
): void {
  const firstIndex = new Map<string, number>();
  for (const [index, item] of items.entries()) {
    const name = item?.name;
    if (name === undefined) continue;
    const first = firstIndex.get(name);
    if (first === undefined) firstIndex.set(name, index);
    else {
      const line = report.lineAt([kind, first, 'name']);
      const message = `${kind}[${index}].name: ${showText(name)} is the name of ${kind}[${first}] in line ${line} too`;
      report.reportAt([kind, index, 'name'], message, 'give each its own name');
    }
  }
}

interface BindPlace {
  readonly owner: string;
  readonly path: ConfigPath;
  readonly text: string | undefined;
}

function bindPlaces(config: ReadableConfig): readonly BindPlace[] {
  const places: BindPlace[] = [];
  for (const [index, listener] of (config.listeners ?? []).entries()) {
    const owner = listener?.name === undefined ? `listeners[${index}]` : `listener ${showText(listener.name)}`;
    for (const [at, text] of (listener?.bind ?? []).entries())
      places.push({ owner, path: ['listeners', index, 'bind', at], text });
  }
  // Last, so that a clash is reported at the admin address: it is the one that is moved easily.
  if (config.admin?.enabled === true)
    places.push({ owner: 'the admin listener', path: ['admin', 'bind'], text: config.admin.bind });
  return places;
}

function checkBinds(config: ReadableConfig, report: ConfigReport): void {
  const firstPlace = new Map<string, BindPlace>();
  for (const place of bindPlaces(config)) {
    const parsed = place.text === undefined ? null : parseBindAddress(place.text);
    // Port 0 is another port each time.
    if (parsed?.kind !== 'valid' || parsed.value.port === 0) continue;
    const first = firstPlace.get(parsed.value.canonical);
    if (first === undefined) firstPlace.set(parsed.value.canonical, place);
    else {
      const message = `${place.owner} binds ${parsed.value.canonical}, which ${first.owner} binds in line ${report.lineAt(first.path)}`;
      report.reportAt(place.path, message, 'give each address to one listener, once');
    }
  }
}

function checkTarget(route: ReadableRoute, path: ConfigPath, report: ConfigReport): void {
  const name = route.name === undefined ? `routes[${String(path[1])}]` : `route ${showText(route.name)}`;
  // A key whose value could not be read is in the file all the same.
  const hasTo = hasKey(route, 'to');
  const hasAction = hasKey(route, 'action');
  if (hasTo && hasAction) {
    report.reportKey(
      path,
      'action',
      `${name} has both to and action`,
      'keep the one that is meant: they exclude each other',
    );
  } else if (!hasTo && !hasAction) {
    report.reportAt(
      path,
      `${name} has neither to nor action`,
      'add to with endpoints, or action: Ban, Echo, Health or ForwardProxy',
    );
  }
  if (hasKey(route, 'forward') && !(hasAction && (route.action === undefined || route.action === 'ForwardProxy'))) {
    report.reportKey(
      path,
      'forward',
      `${name} has forward without action ForwardProxy`,
      'remove forward, or write action: ForwardProxy',
    );
  }
}

function hasKey(route: ReadableRoute, key: 'to' | 'action' | 'forward'): boolean {
  return Object.hasOwn(route, key);
}

function checkListenerNames(
  route: ReadableRoute,
  { path, listenerNames }: { readonly path: ConfigPath; readonly listenerNames: ReadonlySet<string> },
  report: ConfigReport,
): void {
  for (const [at, name] of (route.listeners ?? []).entries()) {
    if (name === undefined || listenerNames.has(name)) continue;
    const nearest = nearestName(name, listenerNames);
    const known =
      listenerNames.size === 0 ? 'there are none' : `there are: ${[...listenerNames].slice(0, 10).join(', ')}`;
    const message = `routes[${String(path[1])}].listeners[${at}]: no listener is called ${showText(name)}`;
    report.reportAt([...path, 'listeners', at], message, nearest === null ? known : `did you mean ${nearest}?`);
  }
}
