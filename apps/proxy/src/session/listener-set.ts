/**
 * The listening sockets and the engine's listeners over reloads. A change is prepared (everything new is bound, nothing
 * else happens) and then committed or aborted. A bind that stays keeps its socket, port 0 included; a bind that moves to
 * another listener takes its socket along.
 */
import type { Addon } from '@sluice/native/addon.ts';
import { ListenError, openListenSockets, type WireAddress } from '@sluice/native/listen-sockets.ts';
import { layout } from '@sluice/native/ring-layout.ts';
import type { WorkerPort } from '@sluice/native/worker-port.ts';
import type { BindAddress, ListenerConfig } from '../config/effective-config.ts';
import { writeEngineAddress } from '../routing/engine-address.ts';
import { parseIpAddress } from '../routing/parse-ip-address.ts';
import { ListenerState } from './listener-state.ts';

/** A listener that could not be opened, for the person who configured it. */
export interface ListenFailure {
  readonly listener: string;
  readonly bind: string;
  /** `EADDRINUSE`, … */
  readonly systemCode: string;
}

export interface BoundListener {
  readonly name: string;
  readonly id: number;
  /** `host:port` with the real ports. */
  readonly addresses: readonly string[];
}

export type PreparedListeners =
  | { readonly kind: 'failed'; readonly failures: readonly ListenFailure[] }
  | { readonly kind: 'ready'; commit(): readonly BoundListener[]; abort(): void };

export interface ListenerSetDeps {
  readonly addon: Addon;
  /** The workers that accept. */
  readonly ports: readonly WorkerPort[];
  /** Connections that are open on the listener of an engine id. */
  readonly activeOn: (id: number) => number;
}

interface OpenSocket {
  readonly bindText: string;
  readonly address: string;
  /** Copies of ours, one per accepting worker; the engine has its own. */
  readonly fds: readonly number[];
  /** Where the engine has it now; null: not yet there. */
  placed: { readonly listener: ListenerState; readonly ordinal: number } | null;
}

interface PlannedListener {
  readonly config: ListenerConfig;
  readonly sockets: readonly OpenSocket[];
}

/**
 * The open sockets a new configuration may keep. A bind that a listener had and still has keeps its own; only what nobody
 * keeps goes to another listener with the same bind, or two port-0 binds would change places.
 */
class ReusableSockets {
  readonly #own = new Map<string, OpenSocket[]>();
  readonly #free = new Map<string, OpenSocket[]>();

  constructor(sockets: readonly OpenSocket[], listeners: readonly ListenerConfig[]) {
    const wanted = new Map<string, number>();
    for (const { name, binds } of listeners) {
      for (const { text } of binds) wanted.set(ownKey(name, text), (wanted.get(ownKey(name, text)) ?? 0) + 1);
    }
    for (const socket of sockets) {
      const key = ownKey(socket.placed?.listener.name ?? '', socket.bindText);
      const count = wanted.get(key) ?? 0;
      wanted.set(key, count - 1);
      if (count > 0) addTo(this.#own, key, socket);
      else addTo(this.#free, socket.bindText, socket);
    }
  }

  take(listener: string, bindText: string): OpenSocket | undefined {
    return this.#own.get(ownKey(listener, bindText))?.shift() ?? this.#free.get(bindText)?.shift();
  }
}

function ownKey(listener: string, bindText: string): string {
  return `${listener} ${bindText}`;
}

function addTo(lists: Map<string, OpenSocket[]>, key: string, socket: OpenSocket): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [socket]);
  else list.push(socket);
}

export class ListenerSet {
  readonly #deps: ListenerSetDeps;
  readonly #byId: (ListenerState | undefined)[] = [];
  #byName = new Map<string, ListenerState>();
  #sockets: readonly OpenSocket[] = [];
  #nextOrdinal = 1;

  constructor(deps: ListenerSetDeps) {
    this.#deps = deps;
  }

  /** The state behind an engine id, of removed listeners too. */
  byId(id: number): ListenerState {
    const state = this.#byId[id];
    if (state === undefined) throw new RangeError(`no listener has the id ${id}`);
    return state;
  }

  prepare(listeners: readonly ListenerConfig[]): PreparedListeners {
    const reusable = new ReusableSockets(this.#sockets, listeners);
    const opened: OpenSocket[] = [];
    const failures: ListenFailure[] = [];
    const planned = listeners.map((config): PlannedListener => {
      const sockets = config.binds.flatMap((bind) => {
        const kept = reusable.take(config.name, bind.text);
        if (kept !== undefined) return [kept];
        const result = this.#open(bind);
        if ('systemCode' in result) {
          failures.push({ listener: config.name, bind: bind.text, systemCode: result.systemCode });
          return [];
        }
        opened.push(result);
        return [result];
      });
      return { config, sockets };
    });
    const abort = (): void => {
      for (const socket of opened) this.#closeOurs(socket);
    };
    if (failures.length > 0) {
      abort();
      return { kind: 'failed', failures };
    }
    return { kind: 'ready', commit: () => this.#commit(planned), abort };
  }

  /** Accepts what is queued and closes everything. */
  closeAll(): void {
    for (const socket of this.#sockets) this.#remove(socket);
    this.#sockets = [];
  }

  #open(bind: BindAddress): OpenSocket | { readonly systemCode: string } {
    try {
      const { port, fds } = openListenSockets(this.#deps.addon, wireAddress(bind), this.#deps.ports.length);
      const address = bind.family === 6 ? `[${bind.host}]:${port}` : `${bind.host}:${port}`;
      return { bindText: bind.text, address, fds, placed: null };
    } catch (error) {
      if (error instanceof ListenError) return { systemCode: error.systemCode };
      throw error;
    }
  }

  #commit(planned: readonly PlannedListener[]): readonly BoundListener[] {
    const kept = new Set(planned.flatMap(({ sockets }) => sockets));
    const byName = new Map<string, ListenerState>();
    const inUse = new Set(this.#byName.values());
    const bound = planned.map(({ config, sockets }): BoundListener => {
      const state = this.#stateFor(config, inUse);
      byName.set(config.name, state);
      inUse.add(state);
      this.#configure(state);
      for (const socket of sockets) this.#place(socket, state);
      return { name: config.name, id: state.id, addresses: sockets.map(({ address }) => address) };
    });
    for (const socket of this.#sockets) if (!kept.has(socket)) this.#remove(socket);
    this.#sockets = [...kept];
    this.#byName = byName;
    return bound;
  }

  #stateFor(config: ListenerConfig, inUse: ReadonlySet<ListenerState>): ListenerState {
    const known = this.#byName.get(config.name) ?? this.#byId.find((state) => state?.name === config.name);
    if (known !== undefined) {
      known.replace(config);
      return known;
    }
    const state = new ListenerState(this.#freeId(inUse), config);
    this.#byId[state.id] = state;
    return state;
  }

  /** A new name takes an unused number; names that went away keep theirs while numbers last, and while they have connections. */
  #freeId(inUse: ReadonlySet<ListenerState>): number {
    for (let id = 0; id < layout.maxListeners; id++) if (this.#byId[id] === undefined) return id;
    const gone = this.#byId.filter((state) => state !== undefined && !inUse.has(state));
    const [first] = gone;
    if (first === undefined) throw new RangeError(`more than ${layout.maxListeners} listeners`);
    return (gone.find((state) => state !== undefined && this.#deps.activeOn(state.id) === 0) ?? first).id;
  }

  #configure(state: ListenerState): void {
    const { config } = state;
    for (const port of this.#deps.ports) {
      port.setListener(state.id, {
        detectMs: config.detect.timeoutMs,
        maxConnections: config.maxConnections,
        immediate: state.isImmediate,
      });
    }
  }

  #place(socket: OpenSocket, listener: ListenerState): void {
    if (socket.placed?.listener === listener) return;
    const before = socket.placed;
    const ordinal = this.#nextOrdinal++;
    this.#deps.ports.forEach((port, index) => {
      const fd = this.#deps.addon.duplicateFd(socket.fds[index] ?? -1);
      if (fd < 0) throw new RangeError('out of descriptors for a listener that is moved');
      port.addListener(listener.id, ordinal, fd);
      if (before !== null) port.removeListener(before.listener.id, before.ordinal);
    });
    socket.placed = { listener, ordinal };
  }

  #remove(socket: OpenSocket): void {
    if (socket.placed !== null) {
      const { listener, ordinal } = socket.placed;
      for (const port of this.#deps.ports) port.removeListener(listener.id, ordinal);
    }
    this.#closeOurs(socket);
  }

  #closeOurs(socket: OpenSocket): void {
    for (const fd of socket.fds) this.#deps.addon.closeFd(fd);
  }
}

function wireAddress(bind: BindAddress): WireAddress {
  const address = parseIpAddress(bind.host);
  if (address === undefined) throw new RangeError(`${bind.host} is not an IP address`);
  const words = new Uint32Array(4);
  writeEngineAddress(words, 0, address);
  return { family: bind.family, port: bind.port, words: [words[0] ?? 0, words[1] ?? 0, words[2] ?? 0, words[3] ?? 0] };
}
