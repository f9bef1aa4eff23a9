/** An informer over a scripted collection, through the real client, with what it said and was told. */
import type { CleanupScope } from '@sluice/testkit/cleanup-scope.ts';
import { systemClock } from '../src/clock/system-clock.ts';
import { createKubeMetrics } from '../src/kube-metrics.ts';
import type { Informer } from '../src/port/informer.ts';
import { createInformer, type InformerConfig } from '../src/reflector/create-informer.ts';
import type { ReflectorPacing } from '../src/reflector/reflector.ts';
import { type ScriptedApi, startScriptedApi } from './scripted-api.ts';
import { ScriptedCollection, type Thing, things } from './scripted-collection.ts';
import { Registry } from 'prom-client';

export interface Following {
  readonly api: ScriptedApi;
  readonly collection: ScriptedCollection;
  readonly informer: Informer<Thing>;
  /** `a/x:1->2`, `-` for absent. */
  readonly changes: string[];
  readonly errors: unknown[];
  readonly registry: Registry;
  /** What the store holds: `a/x=1`, sorted. */
  readonly contents: () => string[];
}

export interface FollowOptions extends Partial<InformerConfig<Thing>> {
  /** Before the informer starts. */
  readonly prepare?: (collection: ScriptedCollection) => void;
  readonly maxLineBytes?: number;
  readonly maxBodyBytes?: number;
  readonly deadlineMs?: number;
}

/** Short enough for a test, long enough to never fire in one that does not wait for it. */
const calmPacing: Partial<ReflectorPacing> = { relistEveryMs: 600_000, silenceMs: 600_000 };

export async function followThings(t: CleanupScope, options: FollowOptions = {}): Promise<Following> {
  const { prepare, maxLineBytes, maxBodyBytes, deadlineMs, ...config } = options;
  const collection = new ScriptedCollection();
  prepare?.(collection);
  const api = await startScriptedApi(t, (request, response) => collection.answer(request, response));
  const client = api.client({
    ...(maxLineBytes === undefined ? {} : { maxLineBytes }),
    ...(maxBodyBytes === undefined ? {} : { maxBodyBytes }),
    ...(deadlineMs === undefined ? {} : { deadlineMs }),
  });
  const registry = new Registry();
  const errors: unknown[] = [];
  const informer = createInformer(
    { resource: things, namespaces: null, ...config, pacing: { ...calmPacing, ...config.pacing } },
    {
      client,
      clock: systemClock,
      metrics: createKubeMetrics(registry).reflector,
      onError: (error) => errors.push(error),
    },
  );
  t.after(() => informer.stop());
  const changes: string[] = [];
  informer.onChange((key, before, after) => {
    changes.push(`${key}:${before?.spec.size ?? '-'}->${after?.spec.size ?? '-'}`);
  });
  informer.start();
  const contents = (): string[] =>
    [...informer.store.values()]
      .map(({ metadata, spec }) => `${metadata.namespace}/${metadata.name}=${spec.size}`)
      .toSorted();
  return { api, collection, informer, changes, errors, registry, contents };
}
