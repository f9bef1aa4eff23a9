/** Keys with a time each, the earliest first: a binary heap, whose outdated entries are skipped when they come up. Pure. */

interface Entry {
  readonly key: string;
  readonly dueMs: number;
}

/** Outdated entries that are borne before the heap is made anew. */
const maxOutdated = 1024;

export class TimedKeys {
  readonly #due = new Map<string, number>();
  #heap: Entry[] = [];

  get size(): number {
    return this.#due.size;
  }

  has(key: string): boolean {
    return this.#due.has(key);
  }

  /** Keeps the earlier of two times. */
  add(key: string, dueMs: number): void {
    const before = this.#due.get(key);
    if (before !== undefined && before <= dueMs) return;
    this.#due.set(key, dueMs);
    this.#push({ key, dueMs });
    if (this.#heap.length > this.#due.size * 2 + maxOutdated) this.#rebuild();
  }

  remove(key: string): void {
    this.#due.delete(key);
  }

  clear(): void {
    this.#due.clear();
    this.#heap = [];
  }

  /** null: there is none. */
  earliestMs(): number | null {
    return this.#first()?.dueMs ?? null;
  }

  /** Removes and returns the earliest key that is due; null: none is. */
  takeDue(nowMs: number): string | null {
    const first = this.#first();
    if (first === null || first.dueMs > nowMs) return null;
    this.#pop();
    this.#due.delete(first.key);
    return first.key;
  }

  #first(): Entry | null {
    for (let top = this.#heap[0]; top !== undefined; top = this.#heap[0]) {
      if (this.#due.get(top.key) === top.dueMs) return top;
      this.#pop();
    }
    return null;
  }

  #rebuild(): void {
    this.#heap = [];
    for (const [key, dueMs] of this.#due) this.#push({ key, dueMs });
  }

  #push(entry: Entry): void {
    let at = this.#heap.length;
    this.#heap.push(entry);
    while (at > 0) {
      const parent = (at - 1) >> 1;
      if (this.#dueAt(parent) <= entry.dueMs) break;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #pop(): void {
    const last = this.#heap.pop();
    if (last === undefined || this.#heap.length === 0) return;
    this.#heap[0] = last;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const child = this.#dueAt(left + 1) < this.#dueAt(left) ? left + 1 : left;
      if (this.#dueAt(child) >= last.dueMs) return;
      this.#swap(at, child);
      at = child;
    }
  }

  #dueAt(at: number): number {
    return this.#heap[at]?.dueMs ?? Number.POSITIVE_INFINITY;
  }

  #swap(a: number, b: number): void {
    const [one, other] = [this.#heap[a], this.#heap[b]];
    if (one === undefined || other === undefined) return;
    this.#heap[a] = other;
    this.#heap[b] = one;
  }
}
