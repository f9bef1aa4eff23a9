/**
 * Puts configurations in force, one at a time and each all or nothing: the file's with what is live of routes and listeners.
 * A listener of the file that cannot be bound refuses the file; a live one is rejected alone, and the rest is applied.
 */
import type { ApplyRequest, ApplyResult, ConfigChange } from '@sluice/live-config/replica/replica-port.ts';
import { AdminBindError } from '../admin/admin-bind-error.ts';
import type { AdminServer, PreparedAdmin } from '../admin/admin-server.ts';
import type { ConfigIssue } from '../config/config-issue.ts';
import type { EffectiveConfig, ListenerConfig } from '../config/effective-config.ts';
import { adminFailureIssue, bindFailureText, listenFailureIssue } from '../control/bind-failure-issue.ts';
import { LiveRouting } from '../control/live/live-routing.ts';
import { type MergedRouting, mergeRouting } from '../control/live/merge-routing.ts';
import type { DecisionHost } from '../isolate/decision-host.ts';
import type { BoundListener, ListenFailure } from '../session/listener-set.ts';
import type { ConfigInHand } from './config-in-hand.ts';
import { createFileSide } from './file-side.ts';
import { SerialQueue } from './serial-queue.ts';

/** Called around the one assignment that changes anything. */
export interface ConfigApplierDeps {
  readonly host: () => DecisionHost;
  readonly admin: Pick<AdminServer, 'prepare'>;
  readonly beforeCommit: () => void;
  readonly committed: (source: ConfigInHand, config: EffectiveConfig, bound: readonly BoundListener[]) => void;
  /** Live resources are rejected, or are no longer, that no revision has just named: publishers do not know it yet. */
  readonly onOtherRejections: () => void;
}

type Prepared =
  | { readonly kind: 'prepared'; readonly merged: MergedRouting }
  | { readonly kind: 'refused'; readonly failures: readonly ListenFailure[] };

export class ConfigApplier {
  readonly #deps: ConfigApplierDeps;
  readonly #turns = new SerialQueue();
  #source: ConfigInHand | null = null;
  #routing = new LiveRouting();
  #rejected: ReadonlyMap<string, string> = new Map();
  #isHeld = false;

  constructor(deps: ConfigApplierDeps) {
    this.#deps = deps;
  }

  /** Live routes and listeners that are not in force as they were published, by key. */
  get rejected(): ReadonlyMap<string, string> {
    return this.#rejected;
  }

  /** Until the release no port but the admin's is opened: what is applied only waits. */
  async hold(): Promise<void> {
    await this.#turns.run(() => {
      this.#isHeld = true;
      return Promise.resolve();
    });
  }

  /** What could not be bound of the file; then all is as before. */
  async release(): Promise<readonly ConfigIssue[]> {
    return await this.#turns.run(async () => {
      this.#isHeld = false;
      return this.#source === null ? [] : await this.#applyFile(this.#source);
    });
  }

  async applyFile(source: ConfigInHand): Promise<readonly ConfigIssue[]> {
    return await this.#turns.run(() => this.#applyFile(source));
  }

  /** A revision of the live routes and listeners. */
  async applyRouting({ changes, isWhole }: Pick<ApplyRequest, 'changes' | 'isWhole'>): Promise<ApplyResult> {
    return await this.#turns.run(async () => {
      const named = new Set<string>();
      const routing = this.#routing.change(tapKeys(changes, named), isWhole);
      const [source, before] = [this.#source, this.#rejected];
      if (source === null || this.#isHeld) this.#keepForLater(routing, source);
      else await this.#applyRouting(routing, source);
      const isNamed = (key: string): boolean => isWhole || named.has(key);
      this.#compareRejections(before, isNamed);
      const rejected = Array.from(this.#rejected, ([key, reason]) => ({ key, reason }));
      return { rejected: rejected.filter(({ key }) => isNamed(key)) };
    });
  }

  #compareRejections(before: ReadonlyMap<string, string>, isNamed: (key: string) => boolean): void {
    const keys = new Set([...before.keys(), ...this.#rejected.keys()]);
    for (const key of keys)
      if (!isNamed(key) && before.get(key) !== this.#rejected.get(key)) return this.#deps.onOtherRejections();
  }

  async #applyFile(source: ConfigInHand): Promise<readonly ConfigIssue[]> {
    const prepared = await this.#prepare(source, this.#routing, 'Replaced');
    if (prepared.kind === 'refused') return prepared.failures.map((failure) => listenFailureIssue(source, failure));
    try {
      const { enabled, bind } = source.config.admin;
      const admin = await this.#deps.admin.prepare(enabled ? bind : null);
      const before = this.#rejected;
      await this.#commit(source, { routing: this.#routing, merged: prepared.merged, admin });
      this.#compareRejections(before, () => false);
      return [];
    } catch (error) {
      await this.#deps.host().abort();
      if (error instanceof AdminBindError) return [adminFailureIssue(source, systemCodeOf(error.cause))];
      throw error;
    }
  }

  async #applyRouting(routing: LiveRouting, source: ConfigInHand): Promise<void> {
    const prepared = await this.#prepare(source, routing, 'Kept');
    // The file's listeners are bound and stay: only a descriptor too few can end here, and the change is offered again.
    if (prepared.kind === 'refused')
      throw new Error(`listeners of the file cannot be kept: ${textOf(prepared.failures)}`);
    await this.#commit(source, { routing, merged: prepared.merged, admin: null });
  }

  #keepForLater(routing: LiveRouting, source: ConfigInHand | null): void {
    this.#routing = routing;
    if (source !== null) this.#rejected = mergeRouting(createFileSide(source), routing.all, new Map()).rejected;
  }

  /** Binds and compiles; live listeners that cannot be bound give way, one round for each at most. */
  async #prepare(source: ConfigInHand, routing: LiveRouting, fileUsers: 'Replaced' | 'Kept'): Promise<Prepared> {
    const file = createFileSide(source);
    const unbindable = new Map<ListenerConfig, string>();
    for (;;) {
      const merged = this.#isHeld ? heldOf(source.config) : mergeRouting(file, routing.all, unbindable);
      const failures = await this.#deps.host().prepare(merged.config, fileUsers);
      if (failures === null) return { kind: 'prepared', merged };
      const ofFile = failures.filter(({ listener }) => source.config.listeners.some(({ name }) => name === listener));
      if (ofFile.length > 0) return { kind: 'refused', failures: ofFile };
      const known = unbindable.size;
      for (const failure of failures) giveUp(unbindable, merged.config, failure);
      if (unbindable.size === known) return { kind: 'refused', failures };
    }
  }

  async #commit(
    source: ConfigInHand,
    { routing, merged, admin }: { routing: LiveRouting; merged: MergedRouting; admin: PreparedAdmin | null },
  ): Promise<void> {
    this.#deps.beforeCommit();
    const bound = await this.#deps.host().commit();
    admin?.commit();
    this.#source = source;
    if (!this.#isHeld) {
      routing.accept(merged);
      this.#routing = routing;
      this.#rejected = merged.rejected;
    }
    this.#deps.committed(source, merged.config, bound);
  }
}

function* tapKeys(changes: Iterable<ConfigChange>, named: Set<string>): Generator<ConfigChange> {
  for (const change of changes) {
    named.add(change.key);
    yield change;
  }
}

function heldOf(config: EffectiveConfig): MergedRouting {
  return { config: { ...config, listeners: [], routes: [] }, accepted: new Map(), rejected: new Map() };
}

function giveUp(unbindable: Map<ListenerConfig, string>, config: EffectiveConfig, failure: ListenFailure): void {
  const listener = config.listeners.find(({ name }) => name === failure.listener);
  if (listener === undefined) return;
  const { reason, remedy } = bindFailureText(failure);
  unbindable.set(listener, `${reason} (${remedy})`);
}

function textOf(failures: readonly ListenFailure[]): string {
  return failures.map((failure) => bindFailureText(failure).reason).join('; ');
}

function systemCodeOf(cause: unknown): string {
  return cause instanceof Error && 'code' in cause ? String(cause.code) : 'unknown error';
}
