/** A range that a test makes up, and a core that is told of it step by step, in time that the test sets. */
import { makeEntry, type ReadEntry, writeEntry, writeMessage } from '../../src/digest/read-message.ts';
import { SetDigest } from '../../src/digest/set-digest.ts';
import { createReplicaCore } from '../../src/replica/replica-core.ts';
import type { ReplicaCore } from '../../src/replica/replica-status.ts';
import type { ApplyEffect, BlobEntry, ReplicaEffect, ReplicaInput } from '../../src/replica/replica-step.ts';

/** A message of the range. */
type RangeMessage = BlobEntry & { readonly sequence: number };

export class ScriptedRange {
  readonly #entries = new Map<string, ReadEntry>();
  #revision = 0;
  #sequence = 0;

  /** Of the first generation, or the next. */
  set(name: string, spec: string | null): RangeMessage {
    const key = `users.${name}`;
    const generation = (this.#entries.get(key)?.generation ?? 0) + 1;
    const entry = makeEntry(key, { epoch: 1, generation, specText: spec });
    this.#entries.set(key, entry);
    this.#sequence += 1;
    return { key, value: writeEntry(entry), sequence: this.#sequence };
  }

  get sequence(): number {
    return this.#sequence;
  }

  get all(): readonly BlobEntry[] {
    return [...this.#entries.values()].map((entry) => ({ key: entry.key, value: writeEntry(entry) }));
  }

  /** Confirms what was set, as the next revision. `snapshot`: the object store has it. */
  head({ snapshot = false }: { readonly snapshot?: boolean } = {}): RangeMessage {
    this.#revision += 1;
    const digest = new SetDigest();
    const live = [...this.#entries.values()].filter(({ isLive }) => isLive);
    for (const { hash } of live) digest.add(hash);
    const reference = { object: 'users.1.1', sequence: this.#sequence, sha256: '0'.repeat(64), bytes: 1 };
    const value = writeMessage({
      ...{ v: 1, range: 'users', epoch: 1, revision: this.#revision, digest: digest.hex(), count: live.length },
      ...{ publisher: 'scripted', at: new Date(0).toISOString() },
      ...(snapshot ? { snapshot: reference } : {}),
    });
    this.#sequence += 1;
    return { key: 'head.users', value, sequence: this.#sequence };
  }
}

/** A core, the time it is told, and its effects but for acknowledgements and reports. */
export class SteppedCore {
  readonly core: ReplicaCore = createReplicaCore({ range: 'users', proxy: 'p', instance: 'i', random: () => 0 });
  nowMs = 1_000_000;

  step(input: ReplicaInput): readonly ReplicaEffect[] {
    const effects = this.core.step(input, this.nowMs);
    return effects.filter(({ kind }) => kind !== 'Acknowledge' && kind !== 'Report' && kind !== 'Persist');
  }

  kinds(input: ReplicaInput): readonly string[] {
    return this.step(input).map(({ kind }) => kind);
  }

  /** A message that a watch brings. */
  bring(watch: number, entry: RangeMessage): readonly ReplicaEffect[] {
    return this.step({ kind: 'Watched', watch, event: { kind: 'Entry', entry } });
  }

  /** What it does when so much time has passed. */
  later(ms: number): readonly ReplicaEffect[] {
    this.nowMs += ms;
    return this.step({ kind: 'Tick' });
  }
}

export function applied(effects: readonly ReplicaEffect[]): ApplyEffect[] {
  return effects.filter((effect) => effect.kind === 'Apply');
}
