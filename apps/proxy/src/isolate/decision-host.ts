/**
 * The main isolate's side of the decision isolate: starts it, asks it, and passes on what it tells unasked.
 */
import { Worker } from 'node:worker_threads';
import type { EffectiveConfig } from '../config/effective-config.ts';
import type { BoundListener, ListenFailure } from '../session/listener-set.ts';
import type { RecordBatch } from '../session/record-batch.ts';
import type { EnginePlan, IsolateReply, IsolateRequest, IsolateStart } from './isolate-messages.ts';

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
  /** Null: prepared; else what could not be bound, and nothing has changed. */
  prepare(config: EffectiveConfig): Promise<readonly ListenFailure[] | null>;
  commit(): Promise<readonly BoundListener[]>;
  abort(): Promise<void>;
  /** The number of connections that were cut. */
  drain(timeoutMs: number): Promise<number>;
}

export class DecisionIsolateError extends Error {
  readonly code = 'SLUICE_DECISION_ISOLATE';
  override readonly name = 'DecisionIsolateError';
}

type Answer = Exclude<IsolateReply, { kind: 'records' | 'limits' | 'defect' }>;

export async function startDecisionHost(plan: EnginePlan, deps: DecisionHostDeps): Promise<DecisionHost> {
  const start: IsolateStart = { plan };
  const worker = new Worker(new URL('./decision-isolate.ts', import.meta.url), {
    workerData: start,
    name: 'decisions',
  });
  let pending: PromiseWithResolvers<Answer> | null = Promise.withResolvers<Answer>();
  const fail = (error: Error): void => {
    if (pending === null) deps.onDeath(error);
    else pending.reject(error);
    pending = null;
  };
  worker.on('message', (reply: IsolateReply) => {
    switch (reply.kind) {
      case 'records':
        return deps.onRecords(reply.batch);
      case 'limits':
        return deps.onLimits(reply.limits);
      case 'defect':
        return deps.onDefect(reply.message);
      default: {
        const asked = pending;
        pending = null;
        asked?.resolve(reply);
      }
    }
  });
  worker.on('error', (error) => fail(error instanceof Error ? error : new DecisionIsolateError(String(error))));
  worker.on('exit', (code) => fail(new DecisionIsolateError(`the decision isolate ended with code ${code}`)));

  const first = await pending.promise;
  if (first.kind !== 'started') throw unexpected(first);
  const ask = async (request: IsolateRequest): Promise<Answer> => {
    if (pending !== null) throw new DecisionIsolateError('a request is under way');
    pending = Promise.withResolvers<Answer>();
    const { promise } = pending;
    worker.postMessage(request);
    return await promise;
  };

  return {
    regions: first.regions,
    pauses: first.pauses,
    async prepare(config) {
      const reply = await ask({ kind: 'prepare', config });
      if (reply.kind === 'prepared') return null;
      if (reply.kind === 'refused') return reply.failures;
      throw unexpected(reply);
    },
    async commit() {
      const reply = await ask({ kind: 'commit' });
      if (reply.kind !== 'committed') throw unexpected(reply);
      return reply.listeners;
    },
    async abort() {
      const reply = await ask({ kind: 'abort' });
      if (reply.kind !== 'aborted') throw unexpected(reply);
    },
    async drain(timeoutMs) {
      const reply = await ask({ kind: 'drain', timeoutMs });
      if (reply.kind !== 'drained') throw unexpected(reply);
      return reply.cut;
    },
  };
}

function unexpected(reply: Answer): DecisionIsolateError {
  const text = reply.kind === 'failed' ? reply.message : `unexpected answer ${reply.kind}`;
  return new DecisionIsolateError(`the decision isolate failed: ${text}`);
}
