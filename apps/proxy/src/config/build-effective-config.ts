/**
 * Turns a complete, checked configuration into the form the proxy uses: durations in milliseconds, addresses and URLs taken
 * apart, names and networks canonical. Everything read here has been validated; a failure is a bug of the validation.
 */
import { parseBindAddress } from '@sluice/contract/bind-address.ts';
import { parseCidr } from '@sluice/contract/cidr.ts';
import type { CompleteControl } from '@sluice/contract/control.ts';
import { parseDuration } from '@sluice/contract/duration.ts';
import { parseEndpointUrl } from '@sluice/contract/endpoint-url.ts';
import { parseHostPattern } from '@sluice/contract/host-pattern.ts';
import type { CompleteListener } from '@sluice/contract/listener.ts';
import type { CompleteRoute } from '@sluice/contract/route.ts';
import type { CompleteSluiceConfig } from '@sluice/contract/sluice-config.ts';
import type { TextResult } from '@sluice/contract/text-result.ts';
import { parseTimestamp } from '@sluice/contract/timestamp.ts';
import type { CompleteUser } from '@sluice/contract/user.ts';
import type {
  AllowRule,
  BindAddress,
  ControlConfig,
  CredentialConfig,
  EffectiveConfig,
  EndpointConfig,
  ListenerConfig,
  RouteConfig,
  RouteTarget,
  UserConfig,
} from './effective-config.ts';

/** A text passed validation and cannot be read: a bug, never the user's mistake. */
class UnvalidatedTextError extends Error {
  override readonly name = 'UnvalidatedTextError';
  readonly code = 'UnvalidatedText';
}

function valueOf<Value>(result: TextResult<Value>): Value {
  if (result.kind === 'valid') return result.value;
  throw new UnvalidatedTextError(`a configuration value that passed validation ${result.message}`);
}

function unique(texts: readonly string[]): readonly string[] {
  return [...new Set(texts)];
}

function bindOf(text: string): BindAddress {
  const { host, port, family } = valueOf(parseBindAddress(text));
  return { text, host, port, family };
}

function networksOf(texts: readonly string[] | undefined): readonly string[] {
  return unique((texts ?? []).map((text) => valueOf(parseCidr(text)).text));
}

function namesOf(texts: readonly string[] | undefined): readonly string[] {
  return unique((texts ?? []).map((text) => valueOf(parseHostPattern(text))));
}

/** The listener as the engine needs it. */
export function buildListener(listener: CompleteListener): ListenerConfig {
  const { timeouts } = listener;
  return {
    name: listener.name,
    binds: listener.bind.map(bindOf),
    detect: {
      timeoutMs: valueOf(parseDuration(listener.detect.timeout)),
      protocols: [...new Set(listener.detect.protocols)],
    },
    noRoute: listener.noRoute,
    timeouts: {
      connectMs: valueOf(parseDuration(timeouts.connect)),
      connectTotalMs: valueOf(parseDuration(timeouts.connectTotal)),
      idleMs: valueOf(parseDuration(timeouts.idle)),
      halfClosedMs: valueOf(parseDuration(timeouts.halfClosed)),
      drainMs: valueOf(parseDuration(timeouts.drain)),
    },
    proxyProtocolTrust: networksOf(listener.proxyProtocol.trust),
    maxConnections: listener.limits.connections,
  };
}

function endpointOf({
  url,
  weight,
  tcpFastOpen,
  zones,
}: NonNullable<CompleteRoute['to']>['endpoints'][number]): EndpointConfig {
  return { url, address: valueOf(parseEndpointUrl(url)), weight, tcpFastOpen, zones: unique(zones ?? []) };
}

function targetOf(route: CompleteRoute): RouteTarget {
  if (route.to !== undefined)
    return { kind: 'Endpoints', endpoints: route.to.endpoints.map(endpointOf), balance: route.to.balance };
  if (route.action === undefined) throw new UnvalidatedTextError('a route without to and action passed validation');
  if (route.action === 'ForwardProxy') return { kind: 'ForwardProxy', anonymous: route.forward?.anonymous ?? false };
  return { kind: route.action };
}

/** The route as decisions need it. */
export function buildRoute(route: CompleteRoute): RouteConfig {
  const { match } = route;
  return {
    name: route.name,
    listeners: route.listeners === undefined ? null : unique(route.listeners),
    match: {
      protocol: match.protocol ?? null,
      sni: namesOf(match.sni),
      alpn: unique(match.alpn ?? []),
      sources: networksOf(match.sources),
    },
    target: targetOf(route),
    halfClose: route.halfClose,
  };
}

function allowRuleOf(rule: NonNullable<CompleteUser['allow']>[number]): AllowRule {
  const ports = [...new Set(rule.ports)].map((port) => ({ from: port, to: port }));
  return { domains: namesOf(rule.domains), cidrs: networksOf(rule.cidrs), ports };
}

type CompleteCredential = NonNullable<CompleteUser['credentials']>[number];

function credentialOf(credential: CompleteCredential): CredentialConfig {
  const verifier = credential.scrypt ?? credential.argon2id ?? credential.bcrypt;
  if (verifier === undefined) throw new UnvalidatedTextError('a credential without a verifier passed validation');
  const { notAfter } = credential;
  return { verifier, notAfterMs: notAfter === undefined ? null : valueOf(parseTimestamp(notAfter)) };
}

/** The user as decisions need it. */
export function buildUser(user: CompleteUser): UserConfig {
  const credentials = [...(user.password === undefined ? [] : [user.password]), ...(user.credentials ?? [])];
  return {
    name: user.name,
    credentials: credentials.map(credentialOf),
    allow: user.allow?.map(allowRuleOf) ?? null,
    maxConnections: user.quota?.connections ?? null,
    onRevoke: user.onRevoke,
  };
}

const rangeNames = { Users: 'users', Routing: 'routing' } as const;

function controlOf({ name, nats, ranges, stateDirectory, ackKeyFile, startTimeout }: CompleteControl): ControlConfig {
  return {
    name: name ?? null,
    nats: nats === undefined ? null : natsOf(nats),
    ranges: [...new Set(ranges)].map((range) => rangeNames[range]),
    stateDirectory: stateDirectory ?? null,
    ackKeyFile: ackKeyFile ?? null,
    startTimeoutMs: valueOf(parseDuration(startTimeout)),
  };
}

function natsOf({
  servers,
  credentialsFile,
  nkeySeedFile,
  inbox,
  tls,
}: NonNullable<CompleteControl['nats']>): ControlConfig['nats'] {
  return {
    servers: unique(servers),
    credentialsFile: credentialsFile ?? null,
    nkeySeedFile: nkeySeedFile ?? null,
    inbox: inbox ?? null,
    tls:
      tls === undefined
        ? null
        : { caFile: tls.caFile ?? null, certFile: tls.certFile ?? null, keyFile: tls.keyFile ?? null },
  };
}

const logLevels = { Debug: 'debug', Info: 'info', Warn: 'warn', Error: 'error' } as const;

/** The effective configuration of a file; throws UnvalidatedTextError only for a configuration that was not checked. */
export function buildEffectiveConfig(config: CompleteSluiceConfig): EffectiveConfig {
  return {
    control: config.control === undefined ? null : controlOf(config.control),
    zone: config.zone === undefined || config.zone === '' ? null : config.zone,
    admin: { enabled: config.admin.enabled, bind: bindOf(config.admin.bind) },
    log: { level: logLevels[config.log.level], access: config.log.access },
    datapath: config.datapath,
    listeners: config.listeners.map(buildListener),
    routes: config.routes.map(buildRoute),
    users: config.users.map(buildUser),
  };
}
