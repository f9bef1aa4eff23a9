/**
 * A resource as the bus carries it, a JSON object without its name, to the form the proxy uses; or to the reason why not. The
 * same schemas, formats and rules between fields as the file's. What depends on other resources is not looked at here. Pure.
 */
import type { ResourceKind } from '@sluice/contract/config-key.ts';
import { type CompleteListener, listenerSchema } from '@sluice/contract/listener.ts';
import { type CompleteRoute, routeSchema } from '@sluice/contract/route.ts';
import { type CompleteUser, userSchema } from '@sluice/contract/user.ts';
import { buildListener, buildRoute, buildUser } from './build-effective-config.ts';
import { checkRouteTarget, type ReadableRoute } from './check-route.ts';
import { checkUser, type ReadableUser } from './check-user.ts';
import type { ListenerConfig, RouteConfig, UserConfig } from './effective-config.ts';
import { formatPointer, pointerOf, toJsonTree } from './json-tree.ts';
import { LineIndex } from './line-index.ts';
import { ResourceReader } from './resource-reader.ts';
import { planSchema, type SchemaPlan } from './schema-plan.ts';

export type LiveResource =
  | { readonly kind: 'Listener'; readonly value: ListenerConfig }
  | { readonly kind: 'Route'; readonly value: RouteConfig }
  | { readonly kind: 'User'; readonly value: UserConfig };

export type LiveReading<Resource extends LiveResource = LiveResource> =
  | { readonly ok: true; readonly resource: Resource }
  | { readonly ok: false; readonly reason: string };

const plans: Readonly<Record<ResourceKind, SchemaPlan>> = {
  Listener: planSchema(listenerSchema),
  Route: planSchema(routeSchema),
  User: planSchema(userSchema),
};
const maxReasons = 3;
const maxReasonLength = 1024;
const noLines = new LineIndex('');

/** Never throws for what the spec holds. */
export function readLiveResource(kind: ResourceKind, name: string, spec: object): LiveReading {
  if (Object.hasOwn(spec, 'name')) return refused(['/name: unknown key "name" (the key of the entry has the name)']);
  const tree = toJsonTree({ name, ...spec });
  if (tree.kind === 'tooDeep' || tree.root.kind !== 'Map')
    return refused(['the resource is nested too deep (flatten it)']);
  const { root } = tree;
  const problems: string[] = [];
  const reader = new ResourceReader({
    text: '',
    lines: noLines,
    env: null,
    showsPath: false,
    report: ({ offset, message, remedy }) => problems.push(said(pointerOf(root, offset), message, remedy)),
  });
  const read = reader.read(plans[kind], root);
  // The reader leaves out what it could not read, and gives everything else the type of its field.
  checkBetweenFields(kind, read, problems);
  return problems.length > 0 ? refused(problems) : { ok: true, resource: build(kind, read) };
}

function checkBetweenFields(kind: ResourceKind, read: unknown, problems: string[]): void {
  const report = {
    reportAt: (path: readonly (string | number)[], message: string, remedy: string) =>
      void problems.push(said(formatPointer(path), message, remedy)),
    reportKey: (path: readonly (string | number)[], key: string, message: string, remedy: string) =>
      void problems.push(said(formatPointer([...path, key]), message, remedy)),
  };
  if (read === undefined) return;
  if (kind === 'Route') checkRouteTarget(read as ReadableRoute, [], report);
  if (kind === 'User') checkUser(read as ReadableUser, [], report);
}

/** Without a problem nothing was left out: the value is complete. */
function build(kind: ResourceKind, read: unknown): LiveResource {
  switch (kind) {
    case 'Listener':
      return { kind, value: buildListener(read as CompleteListener) };
    case 'Route':
      return { kind, value: buildRoute(read as CompleteRoute) };
    case 'User':
      return { kind, value: buildUser(read as CompleteUser) };
  }
}

function said(pointer: string, message: string, remedy: string): string {
  return `${pointer === '' ? '' : `${pointer}: `}${message} (${remedy})`;
}

function refused(problems: readonly string[]): LiveReading {
  const hidden = problems.length - maxReasons;
  const text = problems.slice(0, maxReasons).join('; ') + (hidden > 0 ? `; and ${hidden} more` : '');
  return { ok: false, reason: text.slice(0, maxReasonLength) };
}
