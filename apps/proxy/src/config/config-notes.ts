/**
 * What is allowed but probably not meant: said by `check` and at start, never a reason to refuse a configuration. Pure; the
 * caller knows lines and positions.
 */
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { EffectiveConfig, ListenerConfig, RouteConfig } from './effective-config.ts';
import { findShadowedRoutes } from './shadowed-routes.ts';
import { showText } from './show-text.ts';
import type { ConfigPath } from './source-locator.ts';

export interface NoteReport {
  readonly noteAt: (path: ConfigPath, message: string, remedy: string) => void;
  readonly lineAt: (path: ConfigPath) => number;
}

/** Reports every note on a valid configuration. */
export function noteOddities(config: EffectiveConfig, report: NoteReport): void {
  if (config.listeners.length === 0 && !isLive(config, 'routing'))
    report.noteAt(['listeners'], 'no listeners: nothing is served', 'add a listener');
  for (const [index, { name, timeouts }] of config.listeners.entries()) {
    if (timeouts.connectMs <= timeouts.connectTotalMs) continue;
    const message = `listener ${showText(name)}: connect is longer than connectTotal, which ends it first`;
    report.noteAt(['listeners', index, 'timeouts'], message, 'lower connect or raise connectTotal');
  }
  const lookedForBy = new Map(config.listeners.map((listener) => [listener.name, listener]));
  for (const [index, route] of config.routes.entries())
    noteRoute(route, ['routes', index], { config, lookedForBy, report });
  noteShadowed(config, report);
  noteControl(config, report);
}

function noteControl({ control }: EffectiveConfig, report: NoteReport): void {
  if (control === null) return;
  if (control.nats === null)
    report.noteAt(['control'], 'control has no nats: sluice run refuses it', 'add nats: { servers: [...] }');
  if (control.stateDirectory === null) {
    const message = 'control has no stateDirectory: without NATS a start has no configuration but the file';
    report.noteAt(['control'], message, 'name a directory that outlives the process');
  }
}

interface RouteContext {
  readonly config: EffectiveConfig;
  readonly lookedForBy: ReadonlyMap<string, ListenerConfig>;
  readonly report: NoteReport;
}

function isLive({ control }: EffectiveConfig, range: ConfigRange): boolean {
  return control?.ranges.includes(range) === true;
}

function noteRoute(route: RouteConfig, path: ConfigPath, context: RouteContext): void {
  const { config, report } = context;
  const name = `route ${showText(route.name)}`;
  const obstacle = matchObstacle(route, context);
  if (obstacle !== null)
    report.noteAt([...path, 'match'], `${name} never matches: ${obstacle}`, 'correct the match, or remove the route');
  const { target } = route;
  if (target.kind === 'Endpoints' && target.endpoints.length === 0) {
    report.noteAt([...path, 'to'], `${name} has no endpoints: what it takes is refused`, 'add an endpoint');
  } else if (target.kind === 'Endpoints' && target.endpoints.every((endpoint) => endpoint.weight === 0)) {
    report.noteAt([...path, 'to'], `${name}: every endpoint has weight 0, so none takes connections`, 'raise a weight');
  }
  if (target.kind === 'ForwardProxy' && !target.anonymous && config.users.length === 0 && !isLive(config, 'users')) {
    report.noteAt(
      [...path, 'action'],
      `${name} asks for credentials, and there are no users`,
      'add users, or forward: { anonymous: true }',
    );
  }
}

function matchObstacle({ match, listeners }: RouteConfig, { config, lookedForBy }: RouteContext): string | null {
  const isNamed = match.sni.length > 0 || match.alpn.length > 0;
  if (isNamed && match.protocol !== null && match.protocol !== 'TLS') {
    return `sni and alpn are of TLS, and the protocol asked for is ${match.protocol}`;
  }
  const protocol = isNamed ? 'TLS' : match.protocol;
  if (protocol === null || protocol === 'Unknown' || config.listeners.length === 0) return null;
  if (isLive(config, 'routing')) return null;
  // Most routes name no listener or one: the common case must not walk all listeners for each of 100 000 routes.
  const served = listeners === null ? config.listeners : listeners.map((name) => lookedForBy.get(name));
  const isLookedFor = served.some((listener) => listener?.detect.protocols.includes(protocol) === true);
  return isLookedFor ? null : `no listener it serves looks for ${protocol}`;
}

function noteShadowed({ routes, listeners }: EffectiveConfig, report: NoteReport): void {
  const listenerNames = listeners.map((listener) => listener.name);
  for (const { route, by } of findShadowedRoutes(routes, listenerNames)) {
    const winner = `route ${showText(routes[by]?.name ?? '')} (line ${report.lineAt(['routes', by])})`;
    const reason = by < route ? 'comes first' : 'names its listeners';
    const message = `route ${showText(routes[route]?.name ?? '')} never matches: ${winner} has the same match and ${reason}`;
    report.noteAt(['routes', route], message, 'remove one of the two, or tell their matches apart');
  }
}
