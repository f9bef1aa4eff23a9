/** The status of a ProxyRoute. Pure. */
import type { Delivery } from './delivery.ts';
import { routeName } from './read-object.ts';
import { resourceStatus, type StatusDecision, type StatusMoment } from './resource-status.ts';
import type { RouteOutcome } from './route-book.ts';
import type { LostClaims } from './route-contest.ts';
import type { ResolvedEndpoints } from './route-endpoints.ts';
import { listOf, mapOf, textOf } from './unjudged-value.ts';
import { condition, type WantedCondition } from './wanted-condition.ts';

const maxShown = 3;
const maxColumnLength = 128;

export function routeStatus(outcome: RouteOutcome, delivery: Delivery, moment: StatusMoment): StatusDecision {
  const { object, problems, lost, resolved } = outcome;
  const facts = {
    object,
    problems,
    delivery,
    conflict: conflictOf(lost),
    resolvedRefs: resolvedRefsOf(resolved),
    columns: columnsOf(outcome),
  };
  return resourceStatus(facts, moment);
}

function conflictOf(lost: LostClaims | undefined): WantedCondition {
  if (lost === undefined) return condition('Conflicted', false, 'NoConflict', 'no other route claims the same');
  const { winner, names, isWhole } = lost;
  if (names.length === 0) {
    const message = `${winner} is older and takes the same connections (change spec.match, or remove one of them)`;
    return condition('Conflicted', true, 'MatchTaken', message);
  }
  const rest = isWhole ? '' : '; the other names are served';
  const message = `${listed(names)} belongs to ${winner}, which is older (take the name out of spec.match.sni)${rest}`;
  return condition('Conflicted', true, 'HostNameTaken', message);
}

function resolvedRefsOf(resolved: ResolvedEndpoints | null): WantedCondition {
  const [first] = resolved?.problems ?? [];
  if (resolved !== null && first !== undefined) {
    const said = listed(
      resolved.problems.map(({ message }) => message),
      '; ',
    );
    return condition('ResolvedRefs', false, first.reason, said);
  }
  const left = resolved?.left ?? 0;
  const count = resolved?.endpoints.length ?? 0;
  if (left > 0) {
    return condition('ResolvedRefs', true, 'Truncated', `${count} endpoints are used; ${left} more are left out`);
  }
  if (resolved !== null && count === 0) {
    const message = 'no endpoint is ready: connections are taken and refused';
    return condition('ResolvedRefs', true, 'NoEndpoints', message);
  }
  return condition('ResolvedRefs', true, 'ResolvedRefs', 'everything that the route names is there');
}

function columnsOf({ object, lost, resolved }: RouteOutcome): Readonly<Record<string, unknown>> {
  const spec = mapOf(object.spec);
  const listeners = listOf(spec['listeners']).map(textOf);
  return {
    listeners: column(listeners.length === 0 ? '*' : listed(listeners, ',')),
    upstream: column(textOf(spec['action']) || upstreamText(mapOf(spec['to'])['endpoints'])),
    endpoints: resolved?.endpoints.length ?? 0,
    publishedAs: routeName(object.metadata),
    ...(lost === undefined ? {} : { conflictsWith: lost.winner }),
  };
}

function upstreamText(endpoints: unknown): string {
  if (Array.isArray(endpoints) && endpoints.length === 0) return 'None';
  return listed(listOf(endpoints).map(endpointText), ',');
}

function endpointText(endpoint: unknown): string {
  const { url, service } = mapOf(endpoint);
  if (service === undefined) return textOf(url);
  const { namespace, name, port, portName } = mapOf(service);
  const space = textOf(namespace);
  const number = typeof port === 'number' ? String(port) : '';
  return `${space === '' ? '' : `${space}/`}${textOf(name)}:${textOf(portName) || number}`;
}

function listed(texts: readonly string[], separator = ', '): string {
  const shown = texts.slice(0, maxShown).join(separator);
  return texts.length > maxShown ? `${shown}${separator}+${texts.length - maxShown}` : shown;
}

function column(text: string): string {
  return text.length <= maxColumnLength ? text : `${text.slice(0, maxColumnLength - 1).toWellFormed()}…`;
}
