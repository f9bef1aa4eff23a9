/** The rules between the fields of one route, and between a route and the listeners there are. */
import { findRouteBreaches } from '@sluice/contract/route-rules.ts';
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
  for (const { path: within, isKey, message, remedy } of findRouteBreaches(route)) {
    const at = [...path, ...within];
    if (isKey) report.reportKey(at.slice(0, -1), String(within.at(-1)), `${name} ${message}`, remedy);
    else report.reportAt(at, `${name} ${message}`, remedy);
  }
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
