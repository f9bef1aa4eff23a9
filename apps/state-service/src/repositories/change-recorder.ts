/**
 * What every change leaves beside itself, in its own transaction: a row of the audit log, and for each user whose published
 * state may be another now a higher generation and a row of the outbox.
 *
 * Order of locks, the same everywhere: the wide lock, groups by name, users by name. Invariant: a user's generation is drawn
 * while its row is locked, so generations of one user grow in the order of commits.
 */
import type { AuditAction, AuditedKind, AuditedState } from '../domain/audit-entry.ts';
import type { WriteContext } from '../domain/state-store.ts';
import type { Session } from '../database/session.ts';

export interface AuditedChange {
  readonly action: AuditAction;
  readonly kind: AuditedKind;
  readonly name: string;
  readonly before: object | null;
  readonly after: object | null;
}

/** Of changes that lock many users: one at a time, or they would lock each other out. */
const wideLockKey = 7_241_865_004;

export class ChangeRecorder {
  readonly #session: Session;
  readonly #context: WriteContext;

  constructor(session: Session, context: WriteContext) {
    this.#session = session;
    this.#context = context;
  }

  async audit(changes: readonly AuditedChange[]): Promise<void> {
    if (changes.length === 0) return;
    await this.#session.query(
      `INSERT INTO audit_log (actor, request_id, action, kind, name, before, after)
       SELECT $1, $2, action, kind, name, before, after
       FROM unnest($3::text[], $4::text[], $5::text[], $6::jsonb[], $7::jsonb[]) WITH ORDINALITY
         AS change (action, kind, name, before, after, place)
       ORDER BY place`,
      [
        this.#context.actor,
        this.#context.requestId,
        changes.map(({ action }) => action),
        changes.map(({ kind }) => kind),
        changes.map(({ name }) => name),
        changes.map(({ before }) => jsonOrNull(before)),
        changes.map(({ after }) => jsonOrNull(after)),
      ],
    );
  }

  /** Call before the first lock of a change of many users. The statements that follow may take longer. */
  async lockWide(): Promise<void> {
    await this.#session.query('SELECT pg_advisory_xact_lock($1)', [wideLockKey]);
    await this.#session.widen();
  }

  /** The rows are locked by the caller. */
  async touchUsers(names: readonly string[]): Promise<void> {
    if (names.length === 0) return;
    await this.#session.query(
      `WITH touched AS (
         UPDATE users SET generation = nextval('generation_sequence') WHERE name = ANY ($1::text[])
         RETURNING name, generation
       )
       INSERT INTO outbox (user_name, generation) SELECT name, generation FROM touched`,
      [names],
    );
  }

  /** Under the wide lock, with the group's row locked FOR UPDATE: nobody joins meanwhile. */
  async touchMembers(group: string, options: { readonly isLeaving: boolean }): Promise<void> {
    const resource = options.isLeaving ? `, version = nextval('version_sequence'), updated_at = now()` : '';
    await this.#session.query(
      `WITH touched AS (
         UPDATE users SET generation = nextval('generation_sequence')${resource}
         WHERE name IN (SELECT user_name FROM memberships WHERE group_name = $1)
         RETURNING name, generation
       )
       INSERT INTO outbox (user_name, generation) SELECT name, generation FROM touched`,
      [group],
    );
  }

  /** Remembers deleted users for rebuilds, with a generation above all they had. */
  async buryUsers(names: readonly string[]): Promise<void> {
    await this.#session.query(
      `WITH buried AS (
         INSERT INTO deleted_users (name, generation)
         SELECT name, nextval('generation_sequence') FROM unnest($1::text[]) AS name
         ON CONFLICT (name) DO UPDATE SET generation = excluded.generation, deleted_at = now()
         RETURNING name, generation
       )
       INSERT INTO outbox (user_name, generation) SELECT name, generation FROM buried`,
      [names],
    );
  }
}

function jsonOrNull(state: AuditedState | object | null): string | null {
  return state === null ? null : JSON.stringify(state);
}
