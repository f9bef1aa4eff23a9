/** Where NATS is and who connects, as a person writes it: null for what was not said. The same as the bus takes it. Pure. */
import type { NatsBusConfig, NatsTlsFiles } from './nats-config.ts';

export interface NatsConnection {
  readonly servers: readonly string[];
  readonly credentialsFile: string | null;
  readonly nkeySeedFile: string | null;
  /** null: TLS only where the URL says so. */
  readonly tls: NatsTlsSettings | null;
}

interface NatsTlsSettings {
  readonly caFile: string | null;
  readonly certFile: string | null;
  readonly keyFile: string | null;
}

export function natsConnectionOf({
  servers,
  credentialsFile,
  nkeySeedFile,
  tls,
}: NatsConnection): Pick<NatsBusConfig, 'servers' | 'auth' | 'tls'> {
  return {
    servers,
    ...(credentialsFile === null ? {} : { auth: { kind: 'Credentials', file: credentialsFile } as const }),
    ...(nkeySeedFile === null ? {} : { auth: { kind: 'NKeySeed', file: nkeySeedFile } as const }),
    ...(tls === null ? {} : { tls: withoutNulls(tls) }),
  };
}

function withoutNulls({ caFile, certFile, keyFile }: NatsTlsSettings): NatsTlsFiles {
  return {
    ...(caFile === null ? {} : { caFile }),
    ...(certFile === null ? {} : { certFile }),
    ...(keyFile === null ? {} : { keyFile }),
  };
}
