/** What `sluice publish` says: what changes, and what the proxies make of it. Pure. */
import type { Published, Publisher } from '@sluice/live-config/publisher/publisher-port.ts';
import type { TruthRecord } from '@sluice/live-config/publisher/truth.ts';
import type { PublishSummary } from './publish-records.ts';

export interface Rollouts {
  readonly proxies: number;
  /** Have every resource in force. */
  readonly acknowledged: number;
  /** Have said something to the revision, be it a rejection. */
  readonly answered: number;
  readonly rejections: readonly { readonly key: string; readonly proxy: string; readonly reason: string }[];
}

const maxShown = 100;

/** Of all resources together: a proxy that rejects one has not acknowledged. */
export function collectRollout(
  publisher: Pick<Publisher, 'rollout'>,
  records: readonly TruthRecord[],
  published: Published,
): Rollouts {
  const rejections: { key: string; proxy: string; reason: string }[] = [];
  let least = Number.POSITIVE_INFINITY;
  let proxies = 0;
  for (const { key, generation } of records) {
    const rollout = publisher.rollout({ key, generation, ...published });
    proxies = rollout.proxies;
    least = Math.min(least, rollout.acknowledged + rollout.rejections.length);
    for (const { proxy, reason } of rollout.rejections) rejections.push({ key, proxy, reason });
  }
  const answered = Number.isFinite(least) ? least : 0;
  const rejecting = new Set(rejections.map(({ proxy }) => proxy)).size;
  return { proxies, answered, acknowledged: answered - rejecting, rejections };
}

export function formatSummary({ added, changed, removed, unchanged }: PublishSummary, isDryRun: boolean): string {
  const lines = [
    ...shown('+', added),
    ...shown('~', changed),
    ...shown('-', removed),
    `${isDryRun ? 'would publish' : 'publishing'}: ${added.length} added, ${changed.length} changed, ${removed.length} removed, ${unchanged} unchanged`,
  ];
  return `${lines.join('\n')}\n`;
}

export function formatRollout({ epoch, revision }: Published, { proxies, acknowledged, rejections }: Rollouts): string {
  const lines = [
    `published revision ${revision} (epoch ${epoch}); in force on ${acknowledged}/${proxies} proxies`,
    ...rejections.slice(0, maxShown).map(({ key, proxy, reason }) => `rejected by ${proxy}: ${key}: ${reason}`),
    ...(rejections.length > maxShown ? [`and ${rejections.length - maxShown} more rejections`] : []),
  ];
  return `${lines.join('\n')}\n`;
}

function shown(mark: string, keys: readonly string[]): readonly string[] {
  const lines = keys.slice(0, maxShown).map((key) => `${mark} ${key}`);
  return keys.length > maxShown ? [...lines, `${mark} and ${keys.length - maxShown} more`] : lines;
}
