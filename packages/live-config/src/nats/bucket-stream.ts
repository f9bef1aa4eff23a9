/**
 * The streams behind the key-value bucket and the object store, laid out as NATS clients and its command line know them, and
 * the identity of the bucket: when its stream was created.
 */
import {
  DiscardPolicy,
  JetStreamApiError,
  type JetStreamManager,
  type StreamConfig,
  StorageType,
} from '@nats-io/jetstream';
import { configBucket, snapshotBucket } from '@sluice/contract/config-subjects.ts';

export const configStream = `KV_${configBucket}`;
export const snapshotStream = `OBJ_${snapshotBucket}`;
export const keyPrefix = `$KV.${configBucket}.`;

/** Larger values are denied. */
export const maxValueBytes = 512 * 1024;
/** What the server adds up against the maximum beside the value. */
const headerRoomBytes = 1_024;
const nameTaken = 10_058;
const notFound = 10_059;

/** Absent settings are JetStream's defaults; no message ever expires. */
function configStreamConfig(replicas: number): Partial<StreamConfig> & { readonly name: string } {
  return {
    name: configStream,
    description: 'Sluice: users, routes and listeners',
    subjects: [`${keyPrefix}>`],
    max_msgs_per_subject: 1,
    max_msg_size: maxValueBytes + headerRoomBytes,
    num_replicas: replicas,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    deny_delete: true,
    allow_rollup_hdrs: true,
    allow_direct: true,
  };
}

function snapshotStreamConfig(replicas: number): Partial<StreamConfig> & { readonly name: string } {
  return {
    name: snapshotStream,
    description: 'Sluice: copies of large ranges',
    subjects: [`$O.${snapshotBucket}.C.>`, `$O.${snapshotBucket}.M.>`],
    num_replicas: replicas,
    storage: StorageType.File,
    discard: DiscardPolicy.New,
    allow_rollup_hdrs: true,
    allow_direct: true,
  };
}

/** Makes what is not there, the bucket last: who sees it may count on both. */
export async function makeBuckets(manager: JetStreamManager, replicas: number): Promise<void> {
  for (const config of [snapshotStreamConfig(replicas), configStreamConfig(replicas)]) {
    try {
      await manager.streams.add(config);
    } catch (error) {
      // There is one that was made with other settings, by an operator perhaps: it is used as it is.
      if (!(error instanceof JetStreamApiError && error.code === nameTaken)) throw error;
    }
  }
}

/** `sluice-config@2026-11-27T03:00:00.123456789Z`; null: there is no bucket. */
export async function readBucketIdentity(manager: JetStreamManager): Promise<string | null> {
  try {
    const { created } = await manager.streams.info(configStream);
    return `${configBucket}@${created}`;
  } catch (error) {
    if (error instanceof JetStreamApiError && error.code === notFound) return null;
    throw error;
  }
}
