/**
 * What a NATS bus is told: where servers are, who it is there, and its times and limits. Checked here, once; a program that
 * has a wrong one should not start.
 */
import { type NatsAddress, parseNatsAddress } from './nats-address.ts';

export interface NatsTlsFiles {
  /** Absent: the certification authorities of the system. */
  readonly caFile?: string;
  readonly certFile?: string;
  readonly keyFile?: string;
}

/** Files are read again for each connection, so that what replaces them is used from then on. */
export type NatsAuth =
  | { readonly kind: 'NKeySeed'; readonly file: string }
  /** A JWT and its seed, as `nsc` writes them. */
  | { readonly kind: 'Credentials'; readonly file: string };

export interface NatsTiming {
  /** For one attempt, TLS and authentication included. */
  readonly connectTimeoutMs: number;
  /** For a put, a read and each step of other requests. */
  readonly requestTimeoutMs: number;
  readonly pingIntervalMs: number;
  /** Pings without an answer after which the connection is given up. */
  readonly maxPingsOut: number;
  readonly reconnectMinMs: number;
  readonly reconnectMaxMs: number;
  /** How often the bucket is asked for its identity. */
  readonly identityIntervalMs: number;
  /** The server says so often on an idle watch that it is alive; three times silence means that the watch is lost. */
  readonly heartbeatMs: number;
}

export interface NatsLimits {
  readonly maxPendingPuts: number;
  readonly maxPendingPutBytes: number;
}

export interface NatsBusConfig {
  /** `nats://host:4222`, `tls://host`; all nodes of a cluster, in any order. */
  readonly servers: readonly string[];
  /** Who connects, on the server's monitoring pages: `sluice-proxy edge-1`. */
  readonly clientName: string;
  /** A role or the id of a proxy: replies come to `_INBOX_<inbox>`, which the server allows to this one alone. */
  readonly inbox: string;
  readonly tls?: NatsTlsFiles;
  readonly auth?: NatsAuth;
  /** Given to publishers: they make the buckets when there are none. */
  readonly makeBuckets?: { readonly replicas: number };
  readonly timing?: Partial<NatsTiming>;
  readonly limits?: Partial<NatsLimits>;
}

/** The same, checked and complete. */
export interface NatsSettings {
  readonly addresses: readonly NatsAddress[];
  readonly clientName: string;
  readonly inboxPrefix: string;
  readonly tls: NatsTlsFiles | null;
  readonly auth: NatsAuth | null;
  readonly replicas: number | null;
  readonly timing: NatsTiming;
  readonly limits: NatsLimits;
}

/** The configuration of the bus cannot work. */
export class NatsConfigError extends Error {
  readonly code = 'SLUICE_NATS_CONFIG';
  override readonly name = 'NatsConfigError';
}

const defaultTiming: NatsTiming = {
  connectTimeoutMs: 3_000,
  requestTimeoutMs: 2_000,
  pingIntervalMs: 5_000,
  maxPingsOut: 2,
  reconnectMinMs: 100,
  reconnectMaxMs: 5_000,
  identityIntervalMs: 2_000,
  heartbeatMs: 2_000,
};
const defaultLimits: NatsLimits = { maxPendingPuts: 4_096, maxPendingPutBytes: 32 * 1024 * 1024 };
const maxServers = 64;
const inboxToken = /^[A-Za-z0-9_-]{1,128}$/;
/** JetStream places a stream on one, three or five servers. */
const replicaCounts: readonly number[] = [1, 3, 5];

/** Checks a configuration and completes it; throws NatsConfigError. */
export function readNatsConfig(config: NatsBusConfig): NatsSettings {
  if (config.servers.length === 0 || config.servers.length > maxServers) {
    throw new NatsConfigError(`NATS needs 1 to ${maxServers} servers, not ${config.servers.length}`);
  }
  if (!inboxToken.test(config.inbox)) {
    throw new NatsConfigError(
      `the NATS inbox ${JSON.stringify(config.inbox)} is not 1 to 128 letters, digits, - and _`,
    );
  }
  checkTls(config.tls);
  const replicas = config.makeBuckets?.replicas ?? null;
  if (replicas !== null && !replicaCounts.includes(replicas)) {
    throw new NatsConfigError(`a bucket on NATS has ${replicaCounts.join(', ')} replicas, not ${replicas}`);
  }
  return {
    addresses: config.servers.map(readAddress),
    clientName: config.clientName,
    inboxPrefix: `_INBOX_${config.inbox}`,
    tls: config.tls ?? null,
    auth: config.auth ?? null,
    replicas,
    timing: checkNumbers({ ...defaultTiming, ...config.timing }),
    limits: checkNumbers({ ...defaultLimits, ...config.limits }),
  };
}

function readAddress(text: string): NatsAddress {
  const address = parseNatsAddress(text);
  if (!address.ok) throw new NatsConfigError(`NATS server ${address.shown}: ${address.reason}`);
  return address.value;
}

function checkTls(tls: NatsTlsFiles | undefined): void {
  if ((tls?.certFile === undefined) !== (tls?.keyFile === undefined)) {
    throw new NatsConfigError('a client certificate for NATS needs both its certificate file and its key file');
  }
}

function checkNumbers<T extends NatsTiming | NatsLimits>(numbers: T): T {
  for (const [name, value] of Object.entries(numbers)) {
    if (!Number.isSafeInteger(value) || value < 1)
      throw new NatsConfigError(`${name} is ${value}, not a whole number above 0`);
  }
  return numbers;
}
