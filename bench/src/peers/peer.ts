/**
 * What the benchmark needs to know of a proxy: how to start it on one port with the routes all proxies share. A peer is
 * a command and its configuration; it measures nothing.
 */

/** How a client asks for the origin: by the server name of its ClientHello, or through a forward proxy's handshake. */
export type Front = 'sni' | 'socks5' | 'connect';

/** The origin's four ports, by the first label of the server name that leads there (`conn.test` and so on). */
export interface OriginPorts {
  readonly conn: number;
  readonly source: number;
  readonly echo: number;
  readonly sink: number;
}

/** Where a peer is to live. */
export interface Site {
  /** Its own directory, for its files. */
  readonly directory: string;
  /** The port to listen on, on 127.0.0.1. */
  readonly port: number;
  readonly origin: OriginPorts;
  /** What it must be able to hold at once, and may ask file descriptors for. */
  readonly maxConnections: number;
}

export interface Launch {
  readonly command: readonly string[];
  /** Written to the directory before the start, by name. */
  readonly files: Readonly<Record<string, string>>;
  readonly env: Readonly<Record<string, string>>;
  /** All that it has written when it is ready; a listening port is asked for anyway. */
  readonly readyTexts: readonly string[];
}

export interface Peer {
  readonly name: string;
  /** One line for the report: version apart, what is special about this configuration. */
  readonly description: string;
  readonly fronts: readonly Front[];
  /** The program and the arguments that make it print its version. */
  readonly versionCommand: readonly string[];
  /** What to do when the program is missing. */
  readonly install: string;
  launch(site: Site): Launch;
}

/** Every backlog is this long: a shorter one in one proxy would measure its accept queue. */
export const listenBacklog = 4096;

/** The server names and the ports behind them. */
export function routesOf(
  origin: OriginPorts,
): readonly { readonly sni: string; readonly name: string; readonly port: number }[] {
  return Object.entries(origin).map(([name, port]: [string, number]) => ({ name, sni: `${name}.test`, port }));
}
