/** How far a resource has come to the proxies, and what a condition says of it. Pure. */
import type { Rollout } from '@sluice/live-config/publisher/publisher-port.ts';
import { condition, type WantedCondition } from './wanted-condition.ts';

export type Delivery =
  /** It is not on the bus and is not to be. */
  | { readonly kind: 'NotPublished' }
  /** No stored head counts it in yet. */
  | { readonly kind: 'Waiting' }
  | { readonly kind: 'Counted'; readonly generation: number; readonly rollout: Rollout };

const maxRejections = 3;

/** `2/3` */
export function programmedText(delivery: Delivery): string {
  const { acknowledged, proxies } = delivery.kind === 'Counted' ? delivery.rollout : { acknowledged: 0, proxies: 0 };
  return `${acknowledged}/${proxies}`;
}

export function programmedCondition(delivery: Delivery): WantedCondition {
  switch (delivery.kind) {
    case 'NotPublished':
      return condition('Programmed', false, 'NotPublished', 'it is not published: see the other conditions');
    case 'Waiting':
      return condition('Programmed', false, 'Publishing', 'it is on its way to the bus');
    case 'Counted':
      return rolloutCondition(delivery);
  }
}

function rolloutCondition(delivery: Extract<Delivery, { kind: 'Counted' }>): WantedCondition {
  const { proxies, acknowledged, rejections } = delivery.rollout;
  const text = programmedText(delivery);
  if (rejections.length > 0) {
    const said = rejections.slice(0, maxRejections).map(({ proxy, reason }) => `${proxy}: ${reason}`);
    const more = rejections.length > maxRejections ? [`and ${rejections.length - maxRejections} more proxies`] : [];
    return condition('Programmed', false, 'Rejected', `${text} proxies; rejected by ${[...said, ...more].join('; ')}`);
  }
  if (proxies === 0) return condition('Programmed', false, 'NoProxies', '0/0: no proxy is there to acknowledge it');
  if (acknowledged < proxies) {
    return condition('Programmed', false, 'RollingOut', `${text} proxies have it in force`);
  }
  return condition('Programmed', true, 'Programmed', `${text} proxies have it in force`);
}

export function isRejected(delivery: Delivery): boolean {
  return delivery.kind === 'Counted' && delivery.rollout.rejections.length > 0;
}

/** Something is still to come, without anybody doing anything. */
export function isUnderWay(delivery: Delivery): boolean {
  if (delivery.kind !== 'Counted') return delivery.kind === 'Waiting';
  const { proxies, acknowledged, rejections } = delivery.rollout;
  return rejections.length === 0 && (proxies === 0 || acknowledged < proxies);
}
