/**
 * Which proxies are there, which revision each has in force and what each rejected, from their acknowledgements. Whoever may create
 * consumers can aim anything at us: subject, form and token are checked, and the number of proxies is bounded.
 */
import { ackSubject } from '@sluice/contract/config-subjects.ts';
import type { ConfigRange } from '@sluice/contract/config-key.ts';
import type { ConfigAck, ConfigRejection } from '@sluice/contract/config-message.ts';
import { isSignedAck } from '../digest/ack-token.ts';
import { readAck } from '../digest/read-message.ts';
import { rejectionMark, splitMarks } from '../digest/rejection-marks.ts';
import type { ReceivedAck } from '../port/config-bus.ts';
import type { Rollout, RolloutOf } from './publisher-port.ts';
import type { PublisherInput } from './publisher-step.ts';

/** Proxies acknowledge every ten seconds. */
const liveMs = 30_000;
const defaultMaxProxies = 10_000;

interface Proxy {
  readonly instance: string;
  readonly epoch: number;
  readonly revision: number;
  readonly rejected: readonly ConfigRejection[];
  readonly rejectedCount: number;
  /** Marks of rejections that are not spelled out. */
  readonly rejectedToo: ReadonlySet<string>;
  readonly heardAtMs: number;
}

export interface AckLedgerConfig {
  readonly range: ConfigRange;
  /** null: tokens are not checked. */
  readonly ackKey: Uint8Array | null;
  readonly maxProxies?: number;
}

/** `OtherRange`: right, and not ours. */
export type AckVerdict =
  | { readonly kind: 'Taken'; readonly seen: Extract<PublisherInput, { kind: 'RevisionSeen' }> }
  | { readonly kind: 'OtherRange' }
  | { readonly kind: 'Refused'; readonly reason: 'Malformed' | 'WrongSubject' | 'WrongToken' | 'TooManyProxies' };

export class AckLedger {
  readonly #config: AckLedgerConfig;
  readonly #proxies = new Map<string, Proxy>();

  constructor(config: AckLedgerConfig) {
    this.#config = config;
  }

  take({ subject, payload }: ReceivedAck, nowMs: number): AckVerdict {
    const ack = readAck(payload);
    if (ack === null) return { kind: 'Refused', reason: 'Malformed' };
    if (subject !== ackSubject(ack.proxy)) return { kind: 'Refused', reason: 'WrongSubject' };
    const { ackKey, range, maxProxies = defaultMaxProxies } = this.#config;
    if (ackKey !== null && !isSignedAck(ack, ackKey)) return { kind: 'Refused', reason: 'WrongToken' };
    if (ack.range !== range) return { kind: 'OtherRange' };
    this.#forget(nowMs);
    if (!this.#proxies.has(ack.proxy) && this.#proxies.size >= maxProxies) {
      return { kind: 'Refused', reason: 'TooManyProxies' };
    }
    this.#note(ack, nowMs);
    const { epoch, revision } = ack.believed ?? ack;
    return { kind: 'Taken', seen: { kind: 'RevisionSeen', epoch, revision } };
  }

  liveProxies(nowMs: number): number {
    this.#forget(nowMs);
    return this.#proxies.size;
  }

  rollout({ key, generation, epoch, revision }: RolloutOf, nowMs: number): Rollout {
    this.#forget(nowMs);
    let acknowledged = 0;
    const rejections: { proxy: string; reason: string }[] = [];
    let mark: string | null = null;
    for (const [proxy, { rejected, rejectedCount, rejectedToo, ...has }] of this.#proxies) {
      if (has.epoch < epoch || (has.epoch === epoch && has.revision < revision)) continue;
      const rejection = rejected.find((one) => one.key === key && one.generation >= generation);
      if (rejection !== undefined) rejections.push({ proxy, reason: rejection.reason });
      else if (rejectedToo.size > 0 && rejectedToo.has((mark ??= rejectionMark({ key, generation }))))
        rejections.push({ proxy, reason: oneOf(rejectedCount) });
      // Of more rejections than an acknowledgement has room for, this may be one.
      else if (rejectedCount <= rejected.length + rejectedToo.size) acknowledged += 1;
    }
    // By name: in the order of their coming, the same would be told as something new every ten seconds.
    rejections.sort((a, b) => (a.proxy < b.proxy ? -1 : 1));
    return { proxies: this.#proxies.size, acknowledged, rejections };
  }

  #note(ack: ConfigAck, heardAtMs: number): void {
    const { proxy, instance, epoch, revision, rejected, rejectedCount, rejectedToo = '' } = ack;
    const before = this.#proxies.get(proxy);
    const isLate =
      before?.instance === instance && (epoch < before.epoch || (epoch === before.epoch && revision < before.revision));
    // Acknowledgements may overtake each other; a later run of the proxy may have less in force.
    if (isLate) return;
    if (ack.leaves === true) {
      if (before?.instance === instance) this.#proxies.delete(proxy);
      return;
    }
    this.#proxies.delete(proxy); // to the end: the order is that of heardAtMs
    const rejections = { rejected, rejectedCount, rejectedToo: splitMarks(rejectedToo) };
    this.#proxies.set(proxy, { instance, epoch, revision, ...rejections, heardAtMs });
  }

  #forget(nowMs: number): void {
    for (const [proxy, { heardAtMs }] of this.#proxies) {
      if (nowMs - heardAtMs <= liveMs) return;
      this.#proxies.delete(proxy);
    }
  }
}

function oneOf(count: number): string {
  return `it is one of ${count} rejections, too many to send each reason (sluice status on that proxy shows them)`;
}
