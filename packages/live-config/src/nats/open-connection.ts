/** One attempt to connect to one server. Reconnecting, choosing servers and reading files again is `nats-link.ts`. */
import type { NatsConnection } from '@nats-io/nats-core';
import { NatsConnectionImpl, setTransportFactory } from '@nats-io/nats-core/internal';
import { BusError } from '../port/config-bus.ts';
import { readConnectionMaterial } from './connection-material.ts';
import { formatNatsAddress, type NatsAddress } from './nats-address.ts';
import type { NatsSettings } from './nats-config.ts';
import { type SocketOptions, SocketTransport } from './socket-transport.ts';

/** Resolves with a connection that does not reconnect by itself; rejects when there is none in time, or on abort. */
export async function openNatsConnection(
  address: NatsAddress,
  settings: NatsSettings,
  signal: AbortSignal,
): Promise<NatsConnection> {
  const { tls, authenticator } = await readConnectionMaterial(settings.tls, settings.auth);
  signal.throwIfAborted();
  const options: SocketOptions = {
    servers: [formatNatsAddress({ ...address, requiresTls: false })],
    name: settings.clientName,
    inboxPrefix: settings.inboxPrefix,
    timeout: settings.timing.connectTimeoutMs,
    pingInterval: settings.timing.pingIntervalMs,
    maxPingOut: settings.timing.maxPingsOut,
    // A connection that comes back by itself also sends what it kept of puts given up long before.
    reconnect: false,
    ignoreClusterUpdates: true,
    noAsyncTraces: true,
    resolve: false,
    signal,
    tlsMaterial: tls ?? (address.requiresTls ? {} : null),
    ...(authenticator === null ? {} : { authenticator }),
  };
  // The library finds its transport through this one setting; it is the same for everyone here.
  setTransportFactory({ factory: () => new SocketTransport() });
  const connection = await NatsConnectionImpl.connect(options);
  const version = connection.info?.version ?? '';
  if (isOldServer(version)) {
    await connection.close();
    throw new BusError(`the server is nats-server ${version}; it must be ${minMajor}.${minMinor} or later`);
  }
  return connection;
}

/** Older ones take no consumer with several filters. */
const minMajor = 2;
const minMinor = 10;

function isOldServer(version: string): boolean {
  const [major = NaN, minor = NaN] = version.split('.').map(Number);
  return !(major > minMajor || (major === minMajor && minor >= minMinor));
}
