/** Every ProxyListener with what becomes of it. There are a hundred at most that proxies take, so a change judges all of them again. */
import type { ResourceSpec } from '@sluice/live-config/publisher/truth.ts';
import { objectName, type SluiceObject } from './kube-objects.ts';
import { judgeListeners, type LostListener } from './listener-contest.ts';
import { listenerKey, readListener } from './read-object.ts';
import type { ListenerSpec } from './route-spec.ts';

export interface ListenerOutcome {
  readonly object: SluiceObject;
  readonly key: string;
  readonly problems: readonly string[];
  readonly lost: LostListener | undefined;
  readonly published: ResourceSpec | null;
}

interface Entry {
  readonly object: SluiceObject;
  readonly problems: readonly string[];
  readonly effective: ListenerSpec | null;
  /** Not read from the object in this term, but what was published under its name before. */
  readonly isInherited: boolean;
}

export interface ListenerChanges {
  readonly specs: ReadonlyMap<string, ResourceSpec | null>;
  readonly touched: ReadonlySet<string>;
}

export class ListenerBook {
  readonly #heldSpec: (key: string) => ResourceSpec | null;
  readonly #entries = new Map<string, Entry>();
  #outcomes: ReadonlyMap<string, ListenerOutcome> = new Map();
  #isSettled = true;

  constructor({ heldSpec }: { readonly heldSpec: (key: string) => ResourceSpec | null }) {
    this.#heldSpec = heldSpec;
  }

  outcome(id: string): ListenerOutcome | undefined {
    return this.#outcomes.get(id);
  }

  ids(): Iterable<string> {
    return this.#entries.keys();
  }

  set(object: SluiceObject): void {
    const id = objectName(object);
    const { spec, problems } = readListener(object);
    const before = this.#entries.get(id);
    const effective = spec ?? (before === undefined ? this.#inherited(object) : before.effective);
    const isInherited = spec === null && (before?.isInherited ?? true);
    this.#entries.set(id, { object, problems, effective, isInherited });
    this.#isSettled = false;
  }

  #inherited({ metadata }: SluiceObject): ListenerSpec | null {
    return this.#heldSpec(listenerKey(metadata)) as ListenerSpec | null;
  }

  /** Of several objects of a name, one that can be read has it: what was published was never the others'. */
  #disinherit(): void {
    const readable = new Set<string>();
    for (const { object, isInherited } of this.#entries.values()) if (!isInherited) readable.add(object.metadata.name);
    for (const [id, entry] of this.#entries) {
      if (entry.isInherited && readable.has(entry.object.metadata.name)) {
        this.#entries.set(id, { ...entry, effective: null, isInherited: false });
      }
    }
  }

  delete(id: string): void {
    if (this.#entries.delete(id)) this.#isSettled = false;
  }

  settle(): ListenerChanges {
    if (this.#isSettled) return { specs: new Map(), touched: new Set() };
    this.#isSettled = true;
    this.#disinherit();
    const contestants = [...this.#entries.values()].map(({ object, effective }) => ({
      metadata: object.metadata,
      bind: effective?.bind ?? [],
    }));
    const lost = judgeListeners(contestants);
    const outcomes = new Map<string, ListenerOutcome>();
    const specs = new Map<string, ResourceSpec | null>();
    for (const { key } of this.#outcomes.values()) specs.set(key, null);
    for (const [id, { object, problems, effective }] of this.#entries) {
      const outcome = { object, key: listenerKey(object.metadata), problems, lost: lost.get(id) };
      const published = outcome.lost === undefined ? effective : null;
      outcomes.set(id, { ...outcome, published });
      // Of one name there may be several: whoever has it is published.
      if (published !== null || !specs.has(outcome.key)) specs.set(outcome.key, published);
    }
    this.#outcomes = outcomes;
    return { specs, touched: new Set(this.#entries.keys()) };
  }
}
