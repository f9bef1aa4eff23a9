/**
 * What happens outside when a ProxyUser is deleted: its user is removed, or given up when it is to stay, and the finalizer goes.
 * Invariant: the finalizer never holds a namespace longer than a bound, and the operator's own not at all; what is left behind then is removed by
 * the sweep.
 */
import { setFinalizer } from '@sluice/kube/apply/set-finalizer.ts';
import type { Clock } from '@sluice/kube/port/clock.ts';
import type { EventRecorder } from '@sluice/kube/port/event-recorder.ts';
import type { KubeClient } from '@sluice/kube/port/kube-client.ts';
import { parseTimestamp } from '@sluice/contract/timestamp.ts';
import type { Logger } from '@sluice/runtime/logger.ts';
import { objectName, type SluiceObject } from '../specs/kube-objects.ts';
import { isHeld, isRetained, proxyUsers, userFinalizer } from './proxy-users.ts';
import { StateConflictError, StateRefusedError, StateUnavailableError, type StateApi } from './state-api.ts';
import { decideRemoval } from './user-decision.ts';

type FinalizerClient = Pick<KubeClient, 'apply' | 'patch'>;

export interface UserRemovalDeps {
  readonly client: FinalizerClient;
  readonly state: Pick<StateApi, 'read' | 'release' | 'remove'>;
  readonly events: EventRecorder;
  readonly clock: Clock;
  readonly logger: Pick<Logger, 'info' | 'warn'>;
  /** How long the finalizer waits for a state service that is away. */
  readonly releaseMs: number;
}

export interface Removal {
  readonly object: SluiceObject;
  readonly managedBy: string;
  /** Another object of the name takes the user over. */
  readonly hasSuccessor: boolean;
  /** null: the state service answered a moment ago. */
  readonly outage: string | null;
}

export type RemovalResult =
  | { readonly kind: 'Gone' }
  | { readonly kind: 'Again' }
  /** The state service is away, and the bound is not over. */
  | { readonly kind: 'Waiting'; readonly reason: string; readonly leftMs: number };

const finalizerManager = 'sluice-operator/finalizer';

/** Before the user is put: nothing is outside that no finalizer knows of, but for what the sweep alone looks after. */
export async function holdUser(
  client: FinalizerClient,
  object: SluiceObject,
  { homeNamespace, signal }: { readonly homeNamespace: string; readonly signal: AbortSignal },
): Promise<void> {
  if (object.metadata.namespace === homeNamespace) return;
  const change = { finalizer: userFinalizer, fieldManager: finalizerManager, isWanted: true, signal };
  await setFinalizer(client, proxyUsers, object, change);
}

export async function removeUser(deps: UserRemovalDeps, removal: Removal, signal: AbortSignal): Promise<RemovalResult> {
  const { object, hasSuccessor, outage } = removal;
  if (!isHeld(object)) return { kind: 'Gone' };
  if (!hasSuccessor) {
    const reason = outage ?? (await undo(deps, removal, signal));
    if (reason === 'Again') return { kind: 'Again' };
    if (reason !== null) {
      const leftMs = leftToWait(deps, object);
      if (leftMs > 0) return { kind: 'Waiting', reason, leftMs };
      tellOfRelease(deps, object, reason);
    }
  }
  await letUserGo(deps.client, object, signal);
  return { kind: 'Gone' };
}

/** False: it is gone, or changed meanwhile and is held still. */
export async function letUserGo(client: FinalizerClient, object: SluiceObject, signal: AbortSignal): Promise<boolean> {
  const change = { finalizer: userFinalizer, fieldManager: finalizerManager, isWanted: false, signal };
  return await setFinalizer(client, proxyUsers, object, change);
}

/** null: it is done. A reason: the state service cannot do it now. */
async function undo(
  { state, logger }: UserRemovalDeps,
  { object, managedBy }: Removal,
  signal: AbortSignal,
): Promise<string | null> {
  const { name } = object.metadata;
  try {
    const decision = decideRemoval(await state.read(name, signal), { managedBy, isRetained: isRetained(object) });
    if (decision.kind === 'Nothing') return null;
    if (decision.kind === 'Release') await state.release(name, decision.version, signal);
    else await state.remove(name, decision.version, signal);
    logger.info(decision.kind === 'Release' ? 'user given up' : 'user removed', {
      user: name,
      object: objectName(object),
    });
    return null;
  } catch (error) {
    if (error instanceof StateConflictError) return 'Again';
    // Refused, by another version of it perhaps: that holds a namespace no longer than an outage does.
    if (error instanceof StateUnavailableError || error instanceof StateRefusedError) return error.message;
    throw error;
  }
}

function leftToWait({ clock, releaseMs }: UserRemovalDeps, { metadata }: SluiceObject): number {
  const since = parseTimestamp(metadata.deletionTimestamp ?? '');
  return since.kind === 'valid' ? since.value + releaseMs - clock.wallMs() : 0;
}

function tellOfRelease({ events, logger, releaseMs }: UserRemovalDeps, object: SluiceObject, reason: string): void {
  const { name } = object.metadata;
  const fate = isRetained(object) ? 'given up' : 'removed';
  const note = `the user ${name} stays in the state service for now and is ${fate} later: for ${releaseMs / 1000} s ${reason}`;
  events.record(proxyUsers, object.metadata, { type: 'Warning', reason: 'LeftBehind', action: 'Release', note });
  logger.warn('user left behind', { user: name, object: objectName(object), reason });
}
