/**
 * Asks through proxies, again and again, for users that have been revoked. From the moment a proxy has refused one it must
 * never accept it again, whatever happens to the proxy or to what it takes its users from.
 */
import type { Address } from './address.ts';
import type { CleanupScope } from './cleanup-scope.ts';
import { openTunnel } from './forward-tunnel.ts';
import { pause } from './pause.ts';

export interface WatchedProxy {
  readonly name: string;
  /** Of the process that runs now. */
  readonly edge: Address;
}

export interface RevokedWatchOptions {
  readonly proxies: readonly WatchedProxy[];
  readonly password: string;
  readonly to: Address;
}

const askEveryMs = 40;
const patienceMs = 5_000;

export class RevokedWatch {
  readonly #options: RevokedWatchOptions;
  readonly #users: string[] = [];
  readonly #returned: string[] = [];
  readonly #loops: Promise<void>[];
  #isOver = false;
  #refusals = 0;

  constructor(scope: CleanupScope, options: RevokedWatchOptions) {
    this.#options = options;
    scope.after(async () => {
      await this.stop();
    });
    this.#loops = options.proxies.map((proxy) => this.#watch(proxy));
  }

  /** Every proxy refuses it now. */
  add(user: string): void {
    this.#users.push(user);
  }

  /** May be called more than once. `returned` names each time a revoked user was accepted. */
  async stop(): Promise<{ readonly returned: readonly string[]; readonly refusals: number }> {
    this.#isOver = true;
    await Promise.all(this.#loops);
    return { returned: this.#returned, refusals: this.#refusals };
  }

  async #watch(proxy: WatchedProxy): Promise<void> {
    for (let turn = 0; !this.#isOver; turn += 1) {
      const user = this.#users[turn % Math.max(1, this.#users.length)];
      if (user !== undefined) await this.#ask(proxy, user, turn);
      await pause(askEveryMs);
    }
  }

  async #ask(proxy: WatchedProxy, user: string, turn: number): Promise<void> {
    const { password, to } = this.#options;
    const protocol = turn % 2 === 0 ? 'Socks5' : 'Connect';
    try {
      const outcome = await openTunnel({ edge: proxy.edge, protocol, user, password, to, timeoutMs: patienceMs });
      if (outcome.kind === 'Open') {
        outcome.client.socket.destroy();
        this.#returned.push(`${user} through ${proxy.name} by ${protocol} at ${new Date().toISOString()}`);
      } else this.#refusals += 1;
    } catch {
      // Nobody listens: this proxy is being started again, and accepts nobody.
    }
  }
}
