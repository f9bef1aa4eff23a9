/**
 * Notices that the configuration file may have changed, whichever way it was replaced. Responsible for when, not for what:
 * reading it and comparing its digest are the caller's. The kernel's events (inotify) make it quick, a poll makes it
 * certain: events are missed on network and overlay mounts, and through other hard links.
 */
import { type FSWatcher, watch } from 'node:fs';
import { resolve } from 'node:path';
import { ChangeSettler, type SettleTimes } from './change-settler.ts';
import { type FileSignature, readFileSignature } from './file-signature.ts';
import { resolveWatchChain, type WatchedDirectory } from './watch-chain.ts';

export interface WatchTimes extends SettleTimes {
  readonly pollMs: number;
  /** Events are gathered for this long before the file is looked at. */
  readonly gatherMs: number;
}

/** A change is reported within pollMs + maxDelayMs = 650 ms even if no event comes and writing does not end. */
export const defaultWatchTimes: WatchTimes = {
  settleMs: 75,
  doubtMs: 300,
  maxDelayMs: 400,
  pollMs: 250,
  gatherMs: 10,
};

export interface ConfigWatcherOptions {
  readonly path: string;
  /**
   * The file changed, vanished or came back, and has settled. Also called once after the start, for what changed between
   * the caller's first look at the file and the start.
   */
  readonly onChange: () => void;
  /** A directory cannot be watched (inotify limits): from now on the poll alone notices changes in it. */
  readonly onDegraded: (error: unknown) => void;
  readonly times?: WatchTimes;
}

export class ConfigWatcher {
  readonly #path: string;
  readonly #options: ConfigWatcherOptions;
  readonly #times: WatchTimes;
  readonly #settler: ChangeSettler;
  readonly #poll: NodeJS.Timeout;
  readonly #watchers = new Map<string, FSWatcher>();
  #signature: FileSignature | null = null;
  #isChecking = false;
  #isTouched = false;
  #isDegraded = false;
  #isClosed = false;
  #gathering: NodeJS.Timeout | null = null;
  #settling: NodeJS.Timeout | null = null;

  /** Begins to watch; no timer of it keeps the process alive. */
  constructor(options: ConfigWatcherOptions) {
    this.#options = options;
    this.#path = resolve(options.path);
    this.#times = options.times ?? defaultWatchTimes;
    this.#settler = new ChangeSettler(this.#times);
    this.#poll = setInterval(() => this.#check(), this.#times.pollMs).unref();
    this.#check();
  }

  /** Ends everything; `onChange` is not called afterwards. */
  close(): void {
    this.#isClosed = true;
    clearInterval(this.#poll);
    if (this.#gathering !== null) clearTimeout(this.#gathering);
    if (this.#settling !== null) clearTimeout(this.#settling);
    for (const watcher of this.#watchers.values()) watcher.close();
    this.#watchers.clear();
  }

  /** One look at a time: on a mount that hangs, stat waits in a thread and no queue builds up behind it. */
  #check(): void {
    if (this.#isChecking || this.#isClosed) return;
    this.#isChecking = true;
    void this.#look().finally(() => {
      this.#isChecking = false;
      if (this.#isTouched) this.#checkSoon();
    });
  }

  #checkSoon(): void {
    if (this.#isClosed) return;
    this.#gathering ??= setTimeout(() => {
      this.#gathering = null;
      this.#check();
    }, this.#times.gatherMs).unref();
  }

  async #look(): Promise<void> {
    // An event counts although the signature is the same: the times of some file systems are seconds.
    const isTouched = this.#isTouched;
    this.#isTouched = false;
    const signature = await readFileSignature(this.#path);
    if (!isTouched && signature.text === this.#signature?.text) return;
    this.#signature = signature;
    this.#settler.changed(performance.now(), signature.isDoubtful);
    this.#reportWhenSettled();
    this.#watchAll(await resolveWatchChain(this.#path));
  }

  #reportWhenSettled(): void {
    const leftMs = this.#settler.leftMs(performance.now());
    if (leftMs === null || this.#isClosed) return;
    if (this.#settling !== null) clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = null;
      if (this.#settler.take(performance.now())) this.#options.onChange();
      else this.#reportWhenSettled();
    }, leftMs).unref();
  }

  #watchAll(chain: readonly WatchedDirectory[]): void {
    if (this.#isClosed) return;
    const wanted = new Map(chain.map((entry) => [`${entry.identity} ${[...entry.names].join('/')}`, entry]));
    for (const [key, watcher] of this.#watchers) {
      if (wanted.has(key)) continue;
      watcher.close();
      this.#watchers.delete(key);
    }
    for (const [key, entry] of wanted) {
      if (this.#watchers.has(key)) continue;
      this.#watch(key, entry);
      // What changed before the watch stood sent no event.
      this.#checkSoon();
    }
  }

  #watch(key: string, { path, names }: WatchedDirectory): void {
    try {
      const watcher = watch(path, { persistent: false }, (_event, name) => {
        if (name !== null && !names.has(name)) return;
        this.#isTouched = true;
        this.#checkSoon();
      });
      watcher.on('error', (error) => {
        watcher.close();
        this.#watchers.delete(key);
        this.#degrade(error);
      });
      this.#watchers.set(key, watcher);
    } catch (error) {
      // Gone since the chain was resolved: the next look resolves another.
      if (!isGone(error)) return this.#degrade(error);
      this.#isTouched = true;
      this.#checkSoon();
    }
  }

  #degrade(error: unknown): void {
    if (this.#isDegraded || this.#isClosed) return;
    this.#isDegraded = true;
    this.#options.onDegraded(error);
  }
}

function isGone(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ENOENT';
}
