/** The address of a NATS server as people write it. Pure. */

export interface NatsAddress {
  readonly host: string;
  readonly port: number;
  /** `tls://`: without TLS there is no connection. */
  readonly requiresTls: boolean;
}

export type ParsedNatsAddress =
  | { readonly ok: true; readonly value: NatsAddress }
  /** `shown` is the text without what may be a password in it. */
  | { readonly ok: false; readonly shown: string; readonly reason: string };

const defaultPort = 4_222;
const maxTextLength = 512;
const scheme = /^([a-z]+):\/\//;

/** Parses `nats://host:port`, `tls://host:port` or `host:port`; the port may be left out. */
export function parseNatsAddress(text: string): ParsedNatsAddress {
  const refuse = (reason: string): ParsedNatsAddress => ({ ok: false, shown: withoutUser(text), reason });
  if (text.length > maxTextLength) return refuse(`it is longer than ${maxTextLength} characters`);
  const protocol = scheme.exec(text)?.[1] ?? 'nats';
  if (protocol !== 'nats' && protocol !== 'tls') return refuse('it begins neither with nats:// nor with tls://');
  const url = URL.parse(`nats://${text.replace(scheme, '')}`);
  if (url === null || url.hostname === '') return refuse('it is not a host and a port');
  const surplus = describeSurplus(url);
  if (surplus !== null) return refuse(surplus);
  const port = url.port === '' ? defaultPort : Number(url.port);
  if (port === 0) return refuse('port 0 is nobody');
  return { ok: true, value: { host: url.hostname.replace(/^\[|\]$/g, ''), port, requiresTls: protocol === 'tls' } };
}

function describeSurplus({ username, password, pathname, search, hash }: URL): string | null {
  if (username !== '' || password !== '') {
    return 'a user or password in it would be shown in logs; name a seed or credentials file instead';
  }
  const hasMore = !['', '/'].includes(pathname) || search !== '' || hash !== '';
  return hasMore ? 'nothing may follow host and port' : null;
}

/** `nats://host:port`, to show. */
export function formatNatsAddress({ host, port, requiresTls }: NatsAddress): string {
  return `${requiresTls ? 'tls' : 'nats'}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function withoutUser(text: string): string {
  return JSON.stringify(text.slice(0, maxTextLength).replace(/^([a-z]+:\/\/)?[^@]*@/, '$1…@'));
}
