/**
 * The rules between fields, which no schema of a single field can hold: unique names and addresses, references, and
 * fields that exclude or need each other. Works on what could be read of a file with errors, so that all errors of a file
 * are found at once.
 */
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import { findControlBreaches } from '@sluice/contract/control-rules.ts';
import { checkListenerNames, checkRouteTarget } from './check-route.ts';
import { checkUser } from './check-user.ts';
import type { ConfigReport } from './config-report.ts';
import type { ReadableConfig } from './readable-config.ts';
import { showText } from './show-text.ts';
import type { ConfigPath } from './source-locator.ts';

/** Reports every broken rule; silent for a configuration that may be used. `isGiven` tells whether the file has a key of its root. */
export function checkConfig(config: ReadableConfig, report: ConfigReport, isGiven: (key: string) => boolean): void {
  if (!isGiven('listeners') && !isGiven('control'))
    report.reportAt([], 'listeners is missing', 'add listeners: the open ports; or control, which brings them live');
  for (const { path, message, remedy } of findControlBreaches(config.control ?? {}))
    report.reportAt(['control', ...path], `control.${path.join('.')} ${message}`, remedy);
  checkNames('listeners', config.listeners ?? [], report);
  checkNames('routes', config.routes ?? [], report);
  checkNames('users', config.users ?? [], report);
  checkBinds(config, report);
  checkRoutes(config, report);
  for (const [index, user] of (config.users ?? []).entries())
    if (user !== undefined) checkUser(user, ['users', index], report);
}

function checkRoutes(config: ReadableConfig, report: ConfigReport): void {
  const listenerNames = new Set(
    (config.listeners ?? []).map((listener) => listener?.name).filter((name) => name !== undefined),
  );
  // Live listeners come and go: a route may name one that is not there yet.
  const mayBeLive = config.control?.ranges?.includes('Routing') === true;
  const areListenersKnown =
    (config.listeners ?? []).every((listener) => listener?.name !== undefined) && config.listeners !== undefined;
  for (const [index, route] of (config.routes ?? []).entries()) {
    if (route === undefined) continue;
    checkRouteTarget(route, ['routes', index], report);
    // A listener whose name could not be read may be the one that is meant.
    if (areListenersKnown && !mayBeLive) checkListenerNames(route, { path: ['routes', index], listenerNames }, report);
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
