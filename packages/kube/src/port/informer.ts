/**
 * A local copy of a kind of object, kept up to date by list and watch through every outage, and told to who follows it.
 * What a listener is told may leave out states in between, never the last one. An informer never ends by itself.
 */
import type { KubeObject } from './kube-object.ts';

/** `namespace/name`, or `name` of an object of cluster scope. */
export type ObjectKey = string;

/** Values under which an object is found; they must follow from the object alone. */
export type Indexer<T extends KubeObject> = (object: T) => readonly string[];

export interface ObjectStore<T extends KubeObject> {
  readonly size: number;
  get(key: ObjectKey): T | undefined;
  keys(): Iterable<ObjectKey>;
  values(): Iterable<T>;
  /** Of the index named, every object that has the value. Throws if there is no such index. */
  byIndex(index: string, value: string): readonly T[];
}

/** null before: it is new; null after: it is gone. Another object of the same name is told as gone and new. */
export type ChangeListener<T extends KubeObject> = (key: ObjectKey, before: T | null, after: T | null) => void;

export interface Informer<T extends KubeObject> {
  readonly store: ObjectStore<T>;
  /** What is in the store already is told at once, as new. A listener that throws is counted, and told the next change. */
  onChange(listener: ChangeListener<T>): void;
  start(): void;
  /** True once every namespace has been listed whole; stays true. */
  hasSynced(): boolean;
  /** Resolves once `hasSynced`; rejects with the signal's reason. */
  whenSynced(signal: AbortSignal): Promise<void>;
  /** Since the API server last answered about this resource, a refusal too; of several namespaces, the longest. Infinity: never yet. */
  sinceAnswerMs(): number;
  /** Quiet and final: no listener is called after it was called; resolves when nothing is under way any more. */
  stop(): Promise<void>;
}
