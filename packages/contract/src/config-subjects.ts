/** Names on NATS that the parts share. What each role may do with them is in `deploy/nats`. */

/** The key-value bucket; its stream is `KV_sluice-config`, a key's subject `$KV.sluice-config.<key>`. */
export const configBucket = 'sluice-config';

/** The object store that holds snapshots of large ranges. */
export const snapshotBucket = 'sluice-snapshots';

const ackPrefix = 'sluice.ack.';

/** Publishers listen here. */
export const allAckSubjects = `${ackPrefix}*`;

/** Where one proxy acknowledges; its id is 1 to 128 letters, digits, - and _. */
export function ackSubject(proxy: string): string {
  return `${ackPrefix}${proxy}`;
}
