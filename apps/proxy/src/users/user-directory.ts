/**
 * The users in force, those of the file and the live ones, in the decision isolate. Changes of live users are staged in parts
 * and put in force by one assignment that costs no more than their number; many of them are looked up beside the others
 * until they have been moved over, a slice at a time, so that no decision waits for a million users.
 * Invariants: the file's user hides a live one of the same name; a name keeps its birth while it has a user, and gets another
 * when it comes back.
 */
import { CostCensus } from './cost-profile.ts';
import type { PackedUser } from './packed-user.ts';
import { type UserRecord, UserTable } from './user-table.ts';

/** A part of one change of the live users. */
export interface UserPart {
  readonly puts: readonly PackedUser[];
  /** Names. */
  readonly deletes: readonly string[];
  /** Of a change that is whole: names that stay as they are though no put has them. */
  readonly keeps: readonly string[];
}

export interface UserDirectoryConfig {
  /** Profile of the cost of a check while there are no users. */
  readonly defaultCost: string;
  /** Staged changes up to which they are moved over at once. */
  readonly maxAtOnce: number;
}

type Records = Map<string, UserRecord>;
/** null: the name has no user any more. */
type Changes = Map<string, UserRecord | null>;

const recentTexts = 4096;

export class UserDirectory {
  readonly #maxAtOnce: number;
  readonly #defaultCost: string;
  #file: Records = new Map();
  #fileCensus = new CostCensus();
  #live = new UserTable();
  #liveCensus = new CostCensus();
  /** In force, not yet moved over to `#live`. */
  #moving: Changes | null = null;
  #staged: Changes = new Map();
  /** What a whole change replaces `#live` with. */
  #stagedWhole: { readonly records: UserTable; readonly census: CostCensus } | null = null;
  #stagedFile: PackedUser[] = [];
  #births = 0;
  /** Equal rules come in runs (a group's): one text serves them all. */
  readonly #texts = new Map<string, string>();

  constructor({ defaultCost, maxAtOnce }: UserDirectoryConfig) {
    this.#maxAtOnce = maxAtOnce;
    this.#defaultCost = defaultCost;
  }

  find(name: string): UserRecord | undefined {
    return this.#file.get(name) ?? this.#findLive(name);
  }

  /** How a check of most users costs: see cost-profile.ts. */
  get typicalCost(): string {
    const [file, live] = [this.#fileCensus.mostFrequent, this.#liveCensus.mostFrequent];
    const most = live.count > file.count ? live : file;
    return most.count === 0 ? this.#defaultCost : most.profile;
  }

  get liveCount(): number {
    return this.#live.size;
  }

  stageFile(users: readonly PackedUser[]): void {
    this.#stagedFile.push(...users);
  }

  /** The staged users are all that the file has. */
  commitFile(): void {
    const records: Records = new Map();
    this.#fileCensus = new CostCensus();
    for (const user of this.#stagedFile) {
      records.set(user.name, this.#recordOf(user, this.find(user.name)));
      this.#fileCensus.add(user.credentials);
    }
    this.#file = records;
    this.#stagedFile = [];
  }

  abortFile(): void {
    this.#stagedFile = [];
  }

  /** What is staged from here on is all there is. */
  beginWhole(): void {
    this.abortLive();
    this.#stagedWhole = { records: new UserTable(), census: new CostCensus() };
  }

  stageLive({ puts, deletes, keeps }: UserPart): void {
    for (const user of puts) this.#stage(user.name, this.#recordOf(user, this.#findLive(user.name)));
    if (this.#stagedWhole === null) for (const name of deletes) this.#staged.set(name, null);
    else for (const name of keeps) this.#stage(name, this.#findLive(name));
  }

  /** Takes effect at once. Names that changed; null: any may have. */
  commitLive(): readonly string[] | null {
    if (this.#moving !== null) throw new Error('a change of users before the last one was moved over');
    if (this.#stagedWhole !== null) {
      this.#live = this.#stagedWhole.records;
      this.#liveCensus = this.#stagedWhole.census;
      this.#stagedWhole = null;
      return null;
    }
    this.#moving = this.#staged;
    this.#staged = new Map();
    const names = [...this.#moving.keys()];
    if (names.length <= this.#maxAtOnce) this.moveSome(this.#maxAtOnce);
    return names;
  }

  abortLive(): void {
    this.#staged = new Map();
    this.#stagedWhole = null;
  }

  /** Moves up to `count` changes over; false: none is left. Until then no other change may be committed. */
  moveSome(count: number): boolean {
    const moving = this.#moving;
    if (moving === null) return false;
    let left = count;
    for (const [name, record] of moving) {
      if (left-- === 0) return true;
      this.#move(name, record);
      moving.delete(name);
    }
    this.#moving = null;
    return false;
  }

  #stage(name: string, record: UserRecord | undefined): void {
    if (record === undefined) return;
    if (this.#stagedWhole === null) {
      this.#staged.set(name, record);
      return;
    }
    this.#stagedWhole.records.set(name, record);
    this.#stagedWhole.census.add(record.credentials);
  }

  #findLive(name: string): UserRecord | undefined {
    const moving = this.#moving?.get(name);
    if (moving === undefined) return this.#live.get(name);
    return moving ?? undefined;
  }

  #move(name: string, record: UserRecord | null): void {
    const before = this.#live.get(name);
    if (before !== undefined) this.#liveCensus.remove(before.credentials);
    if (record === null) this.#live.delete(name);
    else {
      this.#live.set(name, record);
      this.#liveCensus.add(record.credentials);
    }
  }

  /** With the birth of before, where there is one: the record of before where nothing has changed. */
  #recordOf(user: PackedUser, before: UserRecord | undefined): UserRecord {
    if (before !== undefined && isSame(user, before)) return before;
    const { credentials, allow, maxConnections, isCutWhenRevoked } = user;
    const birth = before?.birth ?? ++this.#births;
    return { birth, credentials, allow: allow === null ? null : this.#shared(allow), maxConnections, isCutWhenRevoked };
  }

  #shared(text: string): string {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    if (this.#texts.size >= recentTexts) this.#texts.clear();
    this.#texts.set(text, text);
    return text;
  }
}

function isSame(user: PackedUser, record: UserRecord): boolean {
  return (
    user.credentials === record.credentials &&
    user.allow === record.allow &&
    user.maxConnections === record.maxConnections &&
    user.isCutWhenRevoked === record.isCutWhenRevoked
  );
}
