/** One thing that clients rely on, and what it needs to be checked against any API server: real or fake. */
import type { KubeClient } from '../kube-client.ts';
import type { KubeObject } from '../kube-object.ts';

/** What a case works with: it has the namespace for itself. */
export interface ContractContext {
  readonly client: KubeClient;
  readonly namespace: string;
  /** The collection of Widgets in the namespace. */
  readonly widgets: string;
  /** Makes the server forget what was before now, so that resource versions of then are too old. */
  forgetPast(): Promise<void>;
}

export interface ContractCase {
  readonly name: string;
  /** Forgets the past, and with it that of cases beside it. */
  readonly isDisruptive?: boolean;
  /** Waits for what the controller manager does. */
  readonly needsControllers?: boolean;
  readonly run: (context: ContractContext) => Promise<void>;
}

export const widgetApiVersion = 'testing.sluice.dev/v1';

/** A Widget as a client sends it. */
export function widget(name: string, spec: object = {}, metadata: object = {}): object {
  return { apiVersion: widgetApiVersion, kind: 'Widget', metadata: { name, ...metadata }, spec };
}

export async function createWidget(
  { client, widgets }: ContractContext,
  name: string,
  spec: object = {},
  metadata: object = {},
): Promise<KubeObject> {
  return await client.call(widgets, { method: 'POST', body: widget(name, spec, metadata) });
}

export interface KubeList extends KubeObject {
  readonly metadata: KubeObject['metadata'] & { readonly continue?: string; readonly remainingItemCount?: number };
  readonly items: readonly KubeObject[];
}

export async function listWidgets(
  { client, widgets }: ContractContext,
  query: Readonly<Record<string, string>> = {},
): Promise<KubeList> {
  return (await client.call(widgets, { query })) as KubeList;
}

export function namesOf(list: KubeList): readonly string[] {
  return list.items.map(({ metadata }) => metadata.name);
}
