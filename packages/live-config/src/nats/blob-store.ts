/**
 * Blobs in a NATS object store, laid out as its clients do: pieces under `$O.<bucket>.C.<id>`, their description under
 * `$O.<bucket>.M.<name>`. Pieces are read one by one and not through a consumer: who may make consumers on this stream
 * could have its messages delivered to a subject that they may not write (a confused deputy), keys of the configuration
 * among them.
 */
import { createHash } from 'node:crypto';
import { type JetStreamClient, type JetStreamManager, jetstream } from '@nats-io/jetstream';
import { headers, type NatsConnection, nuid } from '@nats-io/nats-core';
import { snapshotBucket } from '@sluice/contract/config-subjects.ts';
import { BusError } from '../port/config-bus.ts';
import { type BlobDescription, parseBlobDescription, spellDigest } from './blob-description.ts';
import { blobIdOf, blobNameOfSubject, descriptionSubject, pieceSubject } from './blob-subject.ts';
import { snapshotStream } from './bucket-stream.ts';

const pieceBytes = 128 * 1024;
/** Pieces that may wait for their acknowledgement together. */
const piecesAtOnce = 16;

export class BlobStore {
  readonly #client: JetStreamClient;
  readonly #manager: JetStreamManager;
  readonly #timeoutMs: number;

  constructor(connection: NatsConnection, manager: JetStreamManager, timeoutMs: number) {
    this.#client = jetstream(connection, { timeout: timeoutMs });
    this.#manager = manager;
    this.#timeoutMs = timeoutMs;
  }

  /** Writes the pieces, then the description that makes them the blob, then drops the pieces it had before. */
  async put(name: string, bytes: Uint8Array): Promise<void> {
    const before = await this.#describe(name);
    const id = blobIdOf(name, nuid.next());
    const chunks = await this.#putPieces(pieceSubject(id), bytes);
    const description = {
      name,
      description: '',
      options: { max_chunk_size: pieceBytes },
      metadata: {},
      bucket: snapshotBucket,
      nuid: id,
      size: bytes.byteLength,
      chunks,
      mtime: new Date().toISOString(),
      digest: spellDigest(createHash('sha256').update(bytes).digest()),
      deleted: false,
    };
    const rollup = headers();
    rollup.set('Nats-Rollup', 'sub');
    await this.#client.publish(descriptionSubject(name), JSON.stringify(description), {
      headers: rollup,
      timeout: this.#timeoutMs,
    });
    if (before !== null) await this.#purge(pieceSubject(before.nuid));
  }

  async get(name: string): Promise<Uint8Array | null> {
    const description = await this.#describe(name);
    if (description === null || description.deleted === true) return null;
    const { bytes, sha256 } = await this.#getPieces(description);
    const digest = spellDigest(sha256);
    if (bytes.byteLength !== description.size || digest !== description.digest) {
      throw new BusError(`get blob ${name}: its ${bytes.byteLength} bytes are not those that were put`);
    }
    return bytes;
  }

  async prune(prefix: string, keep: readonly string[]): Promise<void> {
    const kept = new Set(keep);
    const { state } = await this.#manager.streams.info(snapshotStream, { subjects_filter: `$O.${snapshotBucket}.>` });
    const doomed = Object.keys(state.subjects ?? {}).filter((subject) => {
      const name = blobNameOfSubject(subject);
      return name?.startsWith(prefix) === true && !kept.has(name);
    });
    for (const subject of doomed) await this.#purge(subject);
  }

  async #describe(name: string): Promise<BlobDescription | null> {
    const message = await this.#manager.direct.getMessage(snapshotStream, { last_by_subj: descriptionSubject(name) });
    if (message === null) return null;
    const description = parseBlobDescription(message.string());
    if (description === null) throw new BusError(`get blob ${name}: its description is not one`);
    return description;
  }

  async #putPieces(subject: string, bytes: Uint8Array): Promise<number> {
    const pieces = Array.from({ length: Math.ceil(bytes.byteLength / pieceBytes) }, (_, index) =>
      bytes.subarray(index * pieceBytes, (index + 1) * pieceBytes),
    );
    for (let index = 0; index < pieces.length; index += piecesAtOnce) {
      // Published one after another on one connection: they are stored in this order.
      const batch = pieces.slice(index, index + piecesAtOnce);
      await Promise.all(batch.map((piece) => this.#client.publish(subject, piece, { timeout: this.#timeoutMs })));
    }
    return pieces.length;
  }

  /** Pieces are hashed as they come: tens of megabytes at once would stop the isolate for tens of milliseconds. */
  async #getPieces(description: BlobDescription): Promise<{ readonly bytes: Uint8Array; readonly sha256: Buffer }> {
    const hash = createHash('sha256');
    const pieces: Uint8Array[] = [];
    const subject = pieceSubject(description.nuid);
    let sequence = 1;
    let size = 0;
    while (pieces.length < description.chunks && size <= description.size) {
      const query = { seq: sequence, next_by_subj: subject };
      const message = await this.#manager.direct.getMessage(snapshotStream, query);
      if (message === null) throw new BusError(`get blob ${description.name}: piece ${pieces.length + 1} is missing`);
      hash.update(message.data);
      pieces.push(message.data);
      size += message.data.byteLength;
      sequence = message.seq + 1;
    }
    return { bytes: Buffer.concat(pieces), sha256: hash.digest() };
  }

  async #purge(subject: string): Promise<void> {
    await this.#manager.streams.purge(snapshotStream, { filter: subject });
  }
}
