/**
 * The admin listener through the life of a process: bound at the start, moved or switched off by reloads, closed last.
 * Responsible for which address it has; a move is prepared (new address bound, old one serving) and then committed or
 * aborted together with the rest of a reload.
 */
import type { BindAddress } from '../config/effective-config.ts';
import { AdminBindError } from './admin-bind-error.ts';
import { createAdminResponder } from './admin-responder.ts';
import { type AdminSocket, openAdminSocket } from './admin-socket.ts';
import type { AdminSources } from './admin-sources.ts';

export interface AdminServerDeps {
  readonly sources: AdminSources;
  readonly onError: (error: unknown) => void;
}

export interface PreparedAdmin {
  /** `host:port` it will have; null: switched off. */
  readonly address: string | null;
  /** Takes effect; answers under way on the old address end in the background. */
  commit(): void;
  /** All as it was. */
  abort(): Promise<void>;
}

export interface AdminServer {
  /** `host:port` with the real port; null: switched off. */
  address(): string | null;
  /** Binds `bind` (null: switch off) beside the present address; rejects with AdminBindError and changes nothing. */
  prepare(bind: BindAddress | null): Promise<PreparedAdmin>;
  /** `prepare` and `commit`. */
  rebind(bind: BindAddress | null): Promise<void>;
  /** Connections refused because the maximum was open. */
  refusedConnections(): number;
  close(graceMs: number): Promise<void>;
}

/** What an answer on an address that was given up may still take. */
const moveGraceMs = 5_000;

/** `127.0.0.1:9900` and `0.0.0.0:9900` exclude each other: the new one fails while the old one of ours is bound. */
function isBlockedByOurselves(error: unknown, bind: BindAddress, current: AdminSocket | null): current is AdminSocket {
  if (!(error instanceof AdminBindError) || current === null) return false;
  const { cause } = error;
  const isTaken = cause instanceof Error && 'code' in cause && cause.code === 'EADDRINUSE';
  return isTaken && bind.port !== 0 && bind.port === current.port;
}

/** Makes an admin listener that is not bound yet. */
export function createAdminServer(deps: AdminServerDeps): AdminServer {
  let current: AdminSocket | null = null;
  let refused = 0;
  const open = (bind: BindAddress): Promise<AdminSocket> =>
    openAdminSocket(bind, {
      respond,
      onError: deps.onError,
      onConnectionRefused: () => {
        refused += 1;
      },
    });
  const respond = createAdminResponder(deps.sources);
  const giveUp = (socket: AdminSocket | null): void => {
    socket?.close(moveGraceMs).catch(deps.onError);
  };

  /** The one case with a gap: for some milliseconds neither address answers. */
  const swap = async (old: AdminSocket, bind: BindAddress): Promise<PreparedAdmin> => {
    const reopen = async (): Promise<void> => {
      current = await open({ ...old.bind, port: old.port });
    };
    current = null;
    await old.close(0);
    try {
      const next = await open(bind);
      current = next;
      const abort = async (): Promise<void> => {
        await next.close(0);
        await reopen();
      };
      return { address: next.address, commit: () => {}, abort };
    } catch (error) {
      await reopen();
      throw error;
    }
  };

  const prepare = async (bind: BindAddress | null): Promise<PreparedAdmin> => {
    const old = current;
    if (bind !== null && old?.bind.text === bind.text) {
      return { address: old.address, commit: () => {}, abort: () => Promise.resolve() };
    }
    try {
      const next = bind === null ? null : await open(bind);
      const commit = (): void => {
        current = next;
        giveUp(old);
      };
      return { address: next?.address ?? null, commit, abort: async () => await next?.close(0) };
    } catch (error) {
      if (bind !== null && isBlockedByOurselves(error, bind, old)) return await swap(old, bind);
      throw error;
    }
  };

  return {
    address: () => current?.address ?? null,
    prepare,
    async rebind(bind) {
      const prepared = await prepare(bind);
      prepared.commit();
    },
    refusedConnections: () => refused,
    async close(graceMs) {
      const last = current;
      current = null;
      await last?.close(graceMs);
    },
  };
}
