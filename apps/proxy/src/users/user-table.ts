/**
 * Users by name, in columns outside the JavaScript heap: a million of them are some 170 MB that the garbage collector never
 * looks at, and looking one up makes its record anew. Names are well-formed Unicode. Invariant: what `get` gives is what was set.
 */
import { Buffer } from 'node:buffer';
import { ByteBlocks } from '@sluice/live-config/store/byte-blocks.ts';
import { Column } from '@sluice/live-config/store/column.ts';
import { PackedKeys } from '@sluice/live-config/store/packed-keys.ts';
import { SharedTexts } from './shared-texts.ts';

export interface UserRecord {
  /** Which of the users that ever had this name. */
  readonly birth: number;
  readonly credentials: string;
  readonly allow: string | null;
  readonly maxConnections: number;
  readonly isCutWhenRevoked: boolean;
}

export class UserTable {
  readonly #names = new PackedKeys();
  readonly #blocks = new ByteBlocks();
  readonly #rules = new SharedTexts();
  readonly #births = new Column(Float64Array);
  /** References of blocks; 0: of a name that is gone. */
  readonly #credentials = new Column(Uint32Array);
  /** Numbers of shared texts plus one; 0: null. */
  readonly #allows = new Column(Uint32Array);
  readonly #maxConnections = new Column(Uint32Array);
  readonly #isCut = new Column(Uint8Array);

  get size(): number {
    return this.#names.size;
  }

  get(name: string): UserRecord | undefined {
    const index = this.#names.indexOf(name);
    if (index < 0) return undefined;
    const allow = this.#allows.at(index);
    return {
      birth: this.#births.at(index),
      credentials: this.#blocks.text(this.#credentials.at(index)),
      allow: allow === 0 ? null : this.#rules.text(allow - 1),
      maxConnections: this.#maxConnections.at(index),
      isCutWhenRevoked: this.#isCut.at(index) === 1,
    };
  }

  set(name: string, { birth, credentials, allow, maxConnections, isCutWhenRevoked }: UserRecord): void {
    const index = this.#names.take(name);
    // Before the old ones are let go of: a text that stays is not made anew.
    const allowNumber = allow === null ? 0 : this.#rules.hold(allow) + 1;
    this.#release(index);
    this.#births.set(index, birth);
    this.#credentials.set(index, this.#blocks.put(Buffer.from(credentials)));
    this.#allows.set(index, allowNumber);
    this.#maxConnections.set(index, maxConnections);
    this.#isCut.set(index, isCutWhenRevoked ? 1 : 0);
  }

  delete(name: string): void {
    const index = this.#names.delete(name);
    if (index < 0) return;
    this.#release(index);
    this.#credentials.set(index, 0);
    this.#allows.set(index, 0);
  }

  #release(index: number): void {
    const credentials = this.#credentials.at(index);
    if (credentials !== 0) this.#blocks.free(credentials);
    const allow = this.#allows.at(index);
    if (allow !== 0) this.#rules.release(allow - 1);
  }
}
