/**
 * The effective configuration in the schema's own words, every default spelled out: what `sluice check` prints. Parsing it
 * gives the same configuration, unless secrets were redacted: then the text says so where a verifier is missing, and a
 * parser refuses it there.
 */
import { formatDuration } from '@sluice/contract/duration.ts';
import { formatTimestamp } from '@sluice/contract/timestamp.ts';
import { verifierAlgorithmOf } from '@sluice/contract/verifier-algorithm.ts';
import type {
  AllowRule,
  ControlConfig,
  CredentialConfig,
  EffectiveConfig,
  ListenerConfig,
  RouteConfig,
  RouteTarget,
  UserConfig,
} from './effective-config.ts';
import { type PrintableMap, type PrintableValue, printYaml } from './print-yaml.ts';

export interface PrintOptions {
  /** `Redact` for eyes and logs, `Show` for a file that is used again. */
  readonly secrets: 'Redact' | 'Show';
}

export const redactedSecret = '<redacted>';

/** A listener in the words of the schema, every default spelled out. */
export function printListener(listener: ListenerConfig): PrintableMap {
  const { timeouts } = listener;
  return {
    name: listener.name,
    bind: listener.binds.map((bind) => bind.text),
    transport: 'TCP',
    detect: { timeout: formatDuration(listener.detect.timeoutMs), protocols: listener.detect.protocols },
    noRoute: listener.noRoute,
    timeouts: {
      connect: formatDuration(timeouts.connectMs),
      connectTotal: formatDuration(timeouts.connectTotalMs),
      idle: formatDuration(timeouts.idleMs),
      halfClosed: formatDuration(timeouts.halfClosedMs),
      drain: formatDuration(timeouts.drainMs),
    },
    proxyProtocol: { trust: listener.proxyProtocolTrust },
    limits: { connections: listener.maxConnections },
  };
}

/** The fields that ask for something: an empty list in the effective form is an absent key in the file. */
function given(lists: Readonly<Record<string, readonly PrintableValue[]>>): PrintableMap {
  return Object.fromEntries(Object.entries(lists).filter(([, values]) => values.length > 0));
}

function printTarget(target: RouteTarget): PrintableMap {
  switch (target.kind) {
    case 'Endpoints': {
      const endpoints = target.endpoints.map(({ url, weight, tcpFastOpen, zones }) => ({
        url,
        weight,
        tcpFastOpen,
        ...given({ zones }),
      }));
      return { to: { endpoints, balance: target.balance } };
    }
    case 'ForwardProxy':
      return { action: 'ForwardProxy', forward: { anonymous: target.anonymous } };
    case 'Ban':
    case 'Echo':
    case 'Health':
      return { action: target.kind };
  }
}

/** A route in the words of the schema, every default spelled out. */
export function printRoute({ name, listeners, match, target, halfClose }: RouteConfig): PrintableMap {
  const { protocol, sni, alpn, sources } = match;
  return {
    name,
    ...(listeners === null ? {} : { listeners }),
    match: { ...(protocol === null ? {} : { protocol }), ...given({ sni, alpn, sources }) },
    ...printTarget(target),
    halfClose,
  };
}

function printAllowRule({ domains, cidrs, ports }: AllowRule): PrintableMap {
  const numbers = ports.flatMap(({ from, to }) => Array.from({ length: to - from + 1 }, (_, index) => from + index));
  return given({ domains, cidrs, ports: numbers });
}

function printCredential({ verifier, notAfterMs }: CredentialConfig, { secrets }: PrintOptions): PrintableMap {
  const algorithm = verifierAlgorithmOf(verifier) ?? 'scrypt';
  const printed = { [algorithm]: secrets === 'Show' ? verifier : redactedSecret };
  return notAfterMs === null ? printed : { ...printed, notAfter: formatTimestamp(notAfterMs) };
}

function printUser(user: UserConfig, options: PrintOptions): PrintableMap {
  const [first, ...others] = user.credentials;
  const isPassword = first !== undefined && first.notAfterMs === null && others.length === 0;
  return {
    name: user.name,
    ...(isPassword
      ? { password: printCredential(first, options) }
      : { credentials: user.credentials.map((credential) => printCredential(credential, options)) }),
    ...(user.allow === null ? {} : { allow: user.allow.map(printAllowRule) }),
    ...(user.maxConnections === null ? {} : { quota: { connections: user.maxConnections } }),
    onRevoke: user.onRevoke,
  };
}

const rangeNames = { users: 'Users', routing: 'Routing' } as const;

function printControl({ nats, ranges, startTimeoutMs, ...texts }: ControlConfig): PrintableMap {
  return {
    ...withoutNulls(texts),
    ...(nats === null ? {} : { nats: printNats(nats) }),
    ranges: ranges.map((range) => rangeNames[range]),
    startTimeout: formatDuration(startTimeoutMs),
  };
}

function printNats({ servers, tls, ...files }: NonNullable<ControlConfig['nats']>): PrintableMap {
  return { servers, ...withoutNulls(files), ...(tls === null ? {} : { tls: withoutNulls(tls) }) };
}

function withoutNulls(texts: Readonly<Record<string, string | null>>): PrintableMap {
  return Object.fromEntries(Object.entries(texts).flatMap(([key, text]) => (text === null ? [] : [[key, text]])));
}

const logLevels = { debug: 'Debug', info: 'Info', warn: 'Warn', error: 'Error' } as const;

/** YAML text of the configuration, ending in a newline. */
export function printEffectiveConfig(config: EffectiveConfig, options: PrintOptions): string {
  return printYaml({
    ...(config.control === null ? {} : { control: printControl(config.control) }),
    ...(config.zone === null ? {} : { zone: config.zone }),
    admin: { enabled: config.admin.enabled, bind: config.admin.bind.text },
    log: { level: logLevels[config.log.level], access: config.log.access },
    datapath: { ...config.datapath, packetDiet: { ...config.datapath.packetDiet } },
    listeners: config.listeners.map(printListener),
    routes: config.routes.map(printRoute),
    users: config.users.map((user) => printUser(user, options)),
  });
}
