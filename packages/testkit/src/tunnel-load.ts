/**
 * Tunnels through proxies while something else happens to them: some that stay and echo now and then, and short ones, one
 * after the other, by SOCKS5 and CONNECT. Every byte is compared; whatever goes wrong is kept as a sentence.
 */
import type { Address } from './address.ts';
import type { CleanupScope } from './cleanup-scope.ts';
import { forwardProtocols, openTunnel, type TunnelRequest } from './forward-tunnel.ts';
import { pause } from './pause.ts';
import type { TcpClient } from './tcp-client.ts';

export interface TunnelLoadOptions {
  readonly edges: readonly Address[];
  readonly user: string;
  readonly password: string;
  /** An echo server. */
  readonly to: Address;
  /** Long tunnels for each edge and protocol. */
  readonly staying?: number;
}

export interface TunnelLoadResult {
  readonly errors: readonly string[];
  readonly shortTunnels: number;
  readonly echoes: number;
}

const messageBytes = 256;
const echoEveryMs = 50;
const shortEveryMs = 25;
const patienceMs = 20_000;

export class TunnelLoad {
  readonly #errors: string[] = [];
  readonly #loops: Promise<void>[] = [];
  #isOver = false;
  #shortTunnels = 0;
  #echoes = 0;

  constructor(scope: CleanupScope, options: TunnelLoadOptions) {
    scope.after(async () => {
      await this.stop();
    });
    const { edges, user, password, to } = options;
    for (const edge of edges) {
      for (const protocol of forwardProtocols) {
        const asked = { edge, protocol, user, password, to, timeoutMs: patienceMs };
        for (let count = options.staying ?? 4; count > 0; count -= 1) this.#loops.push(this.#stay(asked));
        this.#loops.push(this.#comeAndGo(asked));
      }
    }
  }

  /** Ends the tunnels in order; resolves when the last is gone. May be called more than once. */
  async stop(): Promise<TunnelLoadResult> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    return { errors: this.#errors, shortTunnels: this.#shortTunnels, echoes: this.#echoes };
  }

  async #stay(asked: TunnelRequest): Promise<void> {
    await this.#within(asked, 'a tunnel that stays', async (client) => {
      while (!this.#isOver) {
        await this.#echo(client);
        await pause(echoEveryMs);
      }
    });
  }

  async #comeAndGo(asked: TunnelRequest): Promise<void> {
    while (!this.#isOver) {
      await this.#within(asked, 'a short tunnel', (client) => this.#echo(client));
      this.#shortTunnels += 1;
      await pause(shortEveryMs);
    }
  }

  async #within(asked: TunnelRequest, what: string, use: (client: TcpClient) => Promise<void>): Promise<void> {
    try {
      const outcome = await openTunnel(asked);
      if (outcome.kind !== 'Open') throw new Error(JSON.stringify(outcome));
      try {
        await use(outcome.client);
        outcome.client.finish();
        const end = await outcome.client.end(patienceMs);
        if (end !== 'Ended') throw new Error(`its end was ${end}`);
      } finally {
        outcome.client.socket.destroy();
      }
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#errors.push(`${what} by ${asked.protocol} through ${asked.edge.port}: ${reason}`);
    }
  }

  async #echo(client: TcpClient): Promise<void> {
    const message = Buffer.alloc(messageBytes, this.#echoes % 256);
    client.send(message);
    const answer = await client.receive(messageBytes, patienceMs);
    if (!answer.equals(message)) throw new Error('the echo differs');
    this.#echoes += 1;
  }
}

/** For the length of a scope. `stop` tells how it went. */
export function startTunnelLoad(scope: CleanupScope, options: TunnelLoadOptions): TunnelLoad {
  if (options.edges.length === 0) throw new Error('a load needs a proxy');
  return new TunnelLoad(scope, options);
}
