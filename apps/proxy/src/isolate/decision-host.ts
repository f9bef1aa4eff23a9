/**
 * The main isolate's side of the decision isolate: starts it, asks it, and passes on what it tells unasked.
 */
import { Worker } from 'node:worker_threads';
import type { EffectiveConfig, RouteConfig } from '../config/effective-config.ts';
import { findRouteEdits, type RouteEdit } from '../routing/route-edits.ts';
import type { BoundListener, ListenFailure } from '../session/listener-set.ts';
import type { RecordBatch } from '../session/record-batch.ts';
import { packUser } from '../users/packed-user.ts';
import { routeInZone } from '../upstream/route-in-zone.ts';
import type { UserPart } from '../users/user-directory.ts';
import type { EnginePlan, FileUsers, IsolateReply, IsolateRequest, IsolateStart } from './isolate-messages.ts';

export interface DecisionHostDeps {
  readonly onRecords: (batch: RecordBatch) => void;
  readonly onLimits: (limits: Readonly<Record<string, number>>) => void;
  readonly onDefect: (message: string) => void;
  /** The isolate died: nothing decides any more. */
  readonly onDeath: (error: Error) => void;
}

export interface DecisionHost {
  /** Shared memory of the engine's workers. */
  readonly regions: readonly SharedArrayBuffer[];
  readonly pauses: SharedArrayBuffer;
  /**
   * Null: prepared; else what could not be bound, and nothing has changed. `Kept`: the file's users stay as they are, and of the routes
   * only those are sent that are other objects than the ones in force, if they are few.
   */
  prepare(config: EffectiveConfig, fileUsers?: FileUsers): Promise<readonly ListenFailure[] | null>;
  commit(): Promise<readonly BoundListener[]>;
  abort(): Promise<void>;
  /** Puts a change of the live users in force; it comes in parts of some thousand. */
  changeUsers(kind: 'Change' | 'Whole', parts: Iterable<UserPart>): Promise<void>;
  /** The number of connections that were cut. Ends the isolate: nothing can be asked after it. */
  drain(timeoutMs: number): Promise<number>;
}

class DecisionIsolateError extends Error {
  readonly code = 'SLUICE_DECISION_ISOLATE';
  override readonly name = 'DecisionIsolateError';
}

type Answer = Exclude<IsolateReply, { kind: 'records' | 'limits' | 'defect' }>;

/** Routes (and users) of one message: some milliseconds of the decision isolate's time. */
const partSize = 1000;

/** The routes that the isolate has, as they were given. */
interface RoutesSent {
  readonly routes: readonly RouteConfig[];
  readonly zone: string | null;
}

/** Starts the isolate; rejects when it cannot start. */
export async function startDecisionHost(plan: EnginePlan, deps: DecisionHostDeps): Promise<DecisionHost> {
  const isolate = new AskedIsolate(plan, deps);
  const first = await isolate.firstAnswer;
  if (first.kind !== 'started') throw unexpected(first);
  let isPreparing = false;
  let prepared: RoutesSent | null = null;
  let inForce: RoutesSent | null = null;
  return {
    regions: first.regions,
    pauses: first.pauses,
    async prepare({ routes, users, zone, control: _control, ...frame }, fileUsers = 'Replaced') {
      if (isPreparing) throw new DecisionIsolateError('a configuration is being prepared already');
      isPreparing = true;
      try {
        prepared = { routes, zone };
        const edits = fileUsers === 'Kept' && inForce !== null ? editsOf(inForce, prepared) : null;
        if (edits !== null) {
          const reply = await isolate.ask({ kind: 'prepare', frame, fileUsers, edits });
          if (reply.kind !== 'partsWanted') return failuresOf(reply);
        }
        await sendParts(isolate, { routes, zone, users: fileUsers === 'Kept' ? [] : users });
        return failuresOf(await isolate.ask({ kind: 'prepare', frame, fileUsers, edits: null }));
      } finally {
        isPreparing = false;
      }
    },
    async commit() {
      // What fails half way may have changed them: then all are sent again.
      inForce = null;
      const reply = await isolate.ask({ kind: 'commit' });
      if (reply.kind !== 'committed') throw unexpected(reply);
      inForce = prepared;
      return reply.listeners;
    },
    async abort() {
      const reply = await isolate.ask({ kind: 'abort' });
      if (reply.kind !== 'aborted') throw unexpected(reply);
    },
    async changeUsers(kind, parts) {
      // Drops what a change that failed half way has left.
      await stageUsers(isolate, kind, { puts: [], deletes: [], keeps: [] });
      let staged = Promise.resolve();
      for (const part of parts) {
        await staged;
        staged = stageUsers(isolate, null, part);
        // The next part is made while this one is taken; what went wrong is seen then.
        staged.catch(() => {});
      }
      await staged;
      const reply = await isolate.ask({ kind: 'commitUsers' });
      if (reply.kind !== 'usersCommitted') throw unexpected(reply);
    },
    async drain(timeoutMs) {
      const reply = await isolate.ask({ kind: 'drain', timeoutMs });
      if (reply.kind !== 'drained') throw unexpected(reply);
      return reply.cut;
    },
  };
}

function editsOf(inForce: RoutesSent, wanted: RoutesSent): readonly RouteEdit[] | null {
  const { routes, zone } = wanted;
  const edits = inForce.zone === zone ? findRouteEdits(inForce.routes, routes, partSize) : null;
  return (
    edits?.map(({ items, ...edit }) => ({ ...edit, items: items.map((route) => routeInZone(route, zone)) })) ?? null
  );
}

async function sendParts(
  isolate: AskedIsolate,
  { routes, zone, users }: Pick<EffectiveConfig, 'routes' | 'zone' | 'users'>,
): Promise<void> {
  for (let at = 0; at < Math.max(routes.length, users.length); at += partSize) {
    const part = {
      routes: routes.slice(at, at + partSize).map((route) => routeInZone(route, zone)),
      users: users.slice(at, at + partSize).map(packUser),
    };
    const taken = await isolate.ask({ kind: 'part', ...part });
    if (taken.kind !== 'taken') throw unexpected(taken);
  }
}

function failuresOf(reply: Answer): readonly ListenFailure[] | null {
  if (reply.kind === 'prepared') return null;
  if (reply.kind === 'refused') return reply.failures;
  throw unexpected(reply);
}

async function stageUsers(isolate: AskedIsolate, begins: 'Change' | 'Whole' | null, part: UserPart): Promise<void> {
  const staged = await isolate.ask({ kind: 'stageUsers', begins, part });
  if (staged.kind !== 'usersStaged') throw unexpected(staged);
}

/** The worker thread with at most one question open; others wait their turn. */
class AskedIsolate {
  readonly firstAnswer: Promise<Answer>;
  readonly #worker: Worker;
  readonly #deps: DecisionHostDeps;
  #pending: PromiseWithResolvers<Answer> | null;
  #isDrained = false;
  /** Settles when the question that came last has its answer. */
  #last: Promise<undefined> = Promise.resolve(undefined);

  constructor(plan: EnginePlan, deps: DecisionHostDeps) {
    const workerData: IsolateStart = { plan };
    this.#deps = deps;
    this.#pending = Promise.withResolvers<Answer>();
    this.firstAnswer = this.#pending.promise;
    this.#worker = new Worker(new URL('./decision-isolate.ts', import.meta.url), { workerData, name: 'decisions' });
    this.#worker.on('message', (reply: IsolateReply) => this.#take(reply));
    this.#worker.on('error', (error) => this.#fail(error instanceof Error ? error : new Error(String(error))));
    this.#worker.on('exit', (code) => this.#fail(new Error(`it ended with code ${code}`)));
  }

  async ask(request: IsolateRequest): Promise<Answer> {
    const before = this.#last;
    const { promise, resolve } = Promise.withResolvers<undefined>();
    this.#last = promise;
    await before;
    try {
      return await this.#ask(request);
    } finally {
      resolve(undefined);
    }
  }

  async #ask(request: IsolateRequest): Promise<Answer> {
    if (this.#isDrained) throw new DecisionIsolateError('the decision isolate has ended');
    this.#pending = Promise.withResolvers<Answer>();
    const { promise } = this.#pending;
    this.#worker.postMessage(request);
    return await promise;
  }

  #take(reply: IsolateReply): void {
    if (reply.kind === 'records') return this.#deps.onRecords(reply.batch);
    if (reply.kind === 'limits') return this.#deps.onLimits(reply.limits);
    if (reply.kind === 'defect') return this.#deps.onDefect(reply.message);
    if (reply.kind === 'drained') this.#isDrained = true;
    this.#pending?.resolve(reply);
    this.#pending = null;
  }

  #fail(cause: Error): void {
    if (this.#isDrained) return;
    const error = new DecisionIsolateError(`the decision isolate failed: ${cause.message}`, { cause });
    const pending = this.#pending;
    this.#pending = null;
    if (pending === null) this.#deps.onDeath(error);
    else pending.reject(error);
  }
}

function unexpected(reply: Answer): DecisionIsolateError {
  const text = reply.kind === 'failed' ? reply.message : `unexpected answer ${reply.kind}`;
  return new DecisionIsolateError(`the decision isolate failed: ${text}`);
}
