/**
 * One tunnel through the forward proxy, asked for by SOCKS5 or by CONNECT: opened, or refused in words that tests compare. The
 * caller closes the socket of an open one.
 */
import { once } from 'node:events';
import { connect } from 'node:net';
import { type Address, formatAddress } from './address.ts';
import { buildSocks5Connect, buildSocks5Greeting, buildSocks5Login } from './socks5-message.ts';
import { TcpClient } from './tcp-client.ts';
import { within } from './within.ts';

export type ForwardProtocol = 'Socks5' | 'Connect';
export const forwardProtocols: readonly ForwardProtocol[] = ['Socks5', 'Connect'];

export interface TunnelRequest {
  readonly edge: Address;
  readonly protocol: ForwardProtocol;
  readonly user: string;
  readonly password: string;
  readonly to: Address;
  readonly timeoutMs?: number;
}

export type TunnelOutcome =
  | { readonly kind: 'Open'; readonly client: TcpClient }
  /** User and password, as they stand now, are not accepted. */
  | { readonly kind: 'Refused' }
  /** Anything else, such as a destination that is not allowed: the reply code or status. */
  | { readonly kind: 'Denied'; readonly code: number };

type Verdict = { readonly kind: 'Open' } | Exclude<TunnelOutcome, { kind: 'Open' }>;

const defaultTimeoutMs = 20_000;
const proxyAuthenticationRequired = 407;

/** Asks for the tunnel; rejects when the proxy does not answer. */
export async function openTunnel(asked: TunnelRequest): Promise<TunnelOutcome> {
  const { host, port } = asked.edge;
  const socket = connect({ host, port, allowHalfOpen: true, noDelay: true });
  const client = new TcpClient(socket);
  const timeoutMs = asked.timeoutMs ?? defaultTimeoutMs;
  try {
    await within(timeoutMs, `a connection to ${host}:${port}`, once(socket, 'connect'));
    const ask = asked.protocol === 'Socks5' ? askSocks : askConnect;
    const verdict = await ask(client, asked, timeoutMs);
    if (verdict.kind === 'Open') return { kind: 'Open', client };
    socket.destroy();
    return verdict;
  } catch (error) {
    socket.destroy();
    throw error;
  }
}

async function askSocks(client: TcpClient, { user, password, to }: TunnelRequest, timeoutMs: number): Promise<Verdict> {
  client.send(buildSocks5Greeting([2]));
  await client.receive(2, timeoutMs);
  client.send(buildSocks5Login(user, password));
  const [, login] = await client.receive(2, timeoutMs);
  if (login !== 0) return { kind: 'Refused' };
  client.send(buildSocks5Connect(to.host, to.port));
  const code = (await client.receive(10, timeoutMs))[1] ?? -1;
  return code === 0 ? { kind: 'Open' } : { kind: 'Denied', code };
}

async function askConnect(
  client: TcpClient,
  { user, password, to }: TunnelRequest,
  timeoutMs: number,
): Promise<Verdict> {
  const authority = formatAddress(to);
  const token = Buffer.from(`${user}:${password}`).toString('base64');
  client.send(`CONNECT ${authority} HTTP/1.1\r\nHost: ${authority}\r\nProxy-Authorization: Basic ${token}\r\n\r\n`);
  const head = await client.receiveThrough('\r\n\r\n', timeoutMs);
  const code = Number(/^HTTP\/1\.[01] (\d{3}) /u.exec(head)?.[1] ?? -1);
  if (code === 200) return { kind: 'Open' };
  return code === proxyAuthenticationRequired ? { kind: 'Refused' } : { kind: 'Denied', code };
}
