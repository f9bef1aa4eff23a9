/**
 * Where an endpoint is: `tcp://host:port` (either family), `tcp4://`, `tcp6://`, `unix:///path`. Schemes that later
 * versions will speak are refused by their name, anything else as unknown.
 */
import { parseHostName } from './host-pattern.ts';
import { parseHostPort } from './host-port.ts';
import { parseIpAddress } from './ip-address.ts';
import { hasControlCharacter, utf8Length } from './text-measure.ts';
import { invalidText, type TextResult, validText } from './text-result.ts';

export type EndpointLocation =
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number /** 0: either */; readonly family: 0 | 4 | 6 }
  | { readonly kind: 'unix'; readonly path: string };

/** `sun_path` holds 108 bytes with its closing NUL (unix(7)). */
export const maxUnixPathBytes = 107;

export const laterEndpointSchemes = [
  'udp',
  'udp4',
  'udp6',
  'tls',
  'quic',
  'http',
  'https',
  'h2',
  'h2c',
  'h3',
  'ws',
  'wss',
  'socks4',
  'socks5',
  'ssh',
  'kafka',
  'srv',
  'service',
  'unixgram',
] as const;

const families: Readonly<Record<string, 0 | 4 | 6>> = { tcp: 0, tcp4: 4, tcp6: 6 };
const knownSchemes = 'use tcp://host:port, tcp4://host:port, tcp6://host:port or unix:///path';

function parseTcp(scheme: string, rest: string): TextResult<EndpointLocation> {
  const family = families[scheme] ?? 0;
  if (/[/?#]/.test(rest))
    return invalidText('has something after host:port', `write ${scheme}://host:port and no more`);
  if (rest.includes('@')) return invalidText('has a user name', `write ${scheme}://host:port and no more`);
  const split = parseHostPort(rest);
  if (split.kind === 'invalid') return split;
  const { host, isBracketed, port } = split.value;
  if (port === 0) return invalidText('has port 0', 'use a port from 1 to 65535');
  const address = parseIpAddress(host);
  if (address === null) {
    const name = isBracketed
      ? invalidText('has brackets around what is no IPv6 address', 'write [2001:db8::1]:443')
      : parseHostName(host);
    return name.kind === 'invalid' ? name : validText({ kind: 'tcp', host: name.value, port, family });
  }
  if (isBracketed !== (address.family === 6))
    return invalidText('has brackets around an IPv4 address', `write ${scheme}://${host}:${port}`);
  if (family !== 0 && family !== address.family) {
    return invalidText(
      `has an IPv${address.family} address under ${scheme}://`,
      `write tcp${address.family}:// or tcp://`,
    );
  }
  return validText({ kind: 'tcp', host, port, family: address.family });
}

function parseUnix(path: string): TextResult<EndpointLocation> {
  if (path.startsWith('@')) return invalidText('is an abstract socket, which is not supported yet', 'use unix:///path');
  if (!path.startsWith('/')) return invalidText('has no absolute path', 'write unix:///path with three slashes');
  if (path.endsWith('/')) return invalidText('names a directory', 'write the path of the socket');
  if (hasControlCharacter(path)) return invalidText('has a control character in its path', 'write a plain path');
  const length = utf8Length(path);
  if (length > maxUnixPathBytes)
    return invalidText(`has a path of ${length} bytes`, `use at most ${maxUnixPathBytes} bytes`);
  return validText({ kind: 'unix', path });
}

/** The place an endpoint URL names; host names in canonical spelling. */
export function parseEndpointUrl(text: string): TextResult<EndpointLocation> {
  const match = /^([A-Za-z][A-Za-z0-9+.-]{0,31}):(?:\/\/)?/.exec(text);
  const [prefix = '', scheme = ''] = match ?? [];
  if (scheme === '' || !prefix.endsWith('//')) {
    if (scheme === 'unix') return parseUnix(text.slice(prefix.length));
    return invalidText('is not an endpoint URL', knownSchemes);
  }
  if (Object.hasOwn(families, scheme)) return parseTcp(scheme, text.slice(prefix.length));
  if (scheme === 'unix') return parseUnix(text.slice(prefix.length));
  if (laterEndpointSchemes.some((later) => later === scheme)) {
    return invalidText(`has scheme ${scheme}://, which is not supported yet`, knownSchemes);
  }
  return invalidText(`has the unknown scheme ${scheme}://`, knownSchemes);
}
