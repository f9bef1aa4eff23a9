/** The rules between the fields of one route, and between a route and the listeners there are. */
import type { ConfigReport } from './config-report.ts';
import { nearestName } from './nearest-name.ts';
import type { ReadableConfig } from './readable-config.ts';
import { showText } from './show-text.ts';
import type { ConfigPath } from './source-locator.ts';

export type ReadableRoute = NonNullable<NonNullable<ReadableConfig['routes']>[number]>;

/** `to` and `action` exclude each other, and `forward` belongs to one action. `path` is where the route stands; empty: a resource of its own. */
export function checkRouteTarget(
  route: ReadableRoute,
  path: ConfigPath,
  report: Pick<ConfigReport, 'reportAt' | 'reportKey'>,
): void {
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

/** A route names listeners that there are. */
export function checkListenerNames(
  route: ReadableRoute,
  { path, listenerNames }: { readonly path: ConfigPath; readonly listenerNames: ReadonlySet<string> },
  report: Pick<ConfigReport, 'reportAt'>,
): void {
  for (const [at, name] of (route.listeners ?? []).entries()) {
    if (name === undefined || listenerNames.has(name)) continue;
    const nearest = nearestName(name, listenerNames);
    const known =
      listenerNames.size === 0 ? 'there are none' : `there are: ${[...listenerNames].slice(0, 10).join(', ')}`;
    const place = path.length === 0 ? '' : `routes[${String(path[1])}].`;
    const message = `${place}listeners[${at}]: no listener is called ${showText(name)}`;
    report.reportAt([...path, 'listeners', at], message, nearest === null ? known : `did you mean ${nearest}?`);
  }
}
