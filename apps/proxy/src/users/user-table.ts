/**
 * Users by name, in columns outside the JavaScript heap: a million of them are some 170 MB that the garbage collector never
 * looks at, and looking one up makes its record anew. Names are well-formed Unicode. Invariant: what `get` gives is what was set.
 */
import { Buffer } from 'node:buffer';
import { ByteBlocks } from '@sluice/live-config/store/byte-blocks.ts';
import { grownColumn } from '@sluice/live-config/store/grown-column.ts';
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

const smallest = 8;

export class UserTable {
  readonly #names = new PackedKeys();
  readonly #blocks = new ByteBlocks();
  readonly #rules = new SharedTexts();
  #births = new Float64Array(smallest);
  /** References of blocks; 0: of a name that is gone. */
  #credentials = new Uint32Array(smallest);
  /** Numbers of shared texts plus one; 0: null. */
  #allows = new Uint32Array(smallest);
  #maxConnections = new Uint32Array(smallest);
  #isCut = new Uint8Array(smallest);

  get size(): number {
    return this.#names.size;
  }

  get(name: string): UserRecord | undefined {
    const index = this.#names.indexOf(name);
    if (index < 0) return undefined;
    const allow = this.#allows[index] ?? 0;
    return {
      birth: this.#births[index] ?? 0,
      credentials: this.#blocks.text(this.#credentials[index] ?? 0),
      allow: allow === 0 ? null : this.#rules.text(allow - 1),
      maxConnections: this.#maxConnections[index] ?? 0,
      isCutWhenRevoked: this.#isCut[index] === 1,
    };
  }

  set(name: string, { birth, credentials, allow, maxConnections, isCutWhenRevoked }: UserRecord): void {
    const index = this.#names.take(name);
    if (index >= this.#births.length) this.#grow();
    // Before the old ones are let go of: a text that stays is not made anew.
    const allowNumber = allow === null ? 0 : this.#rules.hold(allow) + 1;
    this.#release(index);
    this.#births[index] = birth;
    this.#credentials[index] = this.#blocks.put(Buffer.from(credentials));
    this.#allows[index] = allowNumber;
    this.#maxConnections[index] = maxConnections;
    this.#isCut[index] = isCutWhenRevoked ? 1 : 0;
  }

  delete(name: string): void {
    const index = this.#names.delete(name);
    if (index < 0) return;
    this.#release(index);
    this.#credentials[index] = 0;
    this.#allows[index] = 0;
  }

  #release(index: number): void {
    const credentials = this.#credentials[index] ?? 0;
    if (credentials !== 0) this.#blocks.free(credentials);
    const allow = this.#allows[index] ?? 0;
    if (allow !== 0) this.#rules.release(allow - 1);
  }

  #grow(): void {
    const size = this.#births.length * 2;
    this.#births = grownColumn(this.#births, size);
    this.#credentials = grownColumn(this.#credentials, size);
    this.#allows = grownColumn(this.#allows, size);
    this.#maxConnections = grownColumn(this.#maxConnections, size);
    this.#isCut = grownColumn(this.#isCut, size);
  }
}
