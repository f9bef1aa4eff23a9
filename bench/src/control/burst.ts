/**
 * How many changes a second go from the REST interface into force on three proxies: thousands at once, one request each, and
 * the same in one bulk import. Over when the last proxy has all of them.
 */
import { createCheapVerifier } from '@sluice/testkit/argon2id-verifier.ts';
import { type ControlPlane, startControlPlane } from '@sluice/testkit/control-plane.ts';
import type { ControlledProxy } from '@sluice/testkit/controlled-proxy.ts';
import { pause } from '@sluice/testkit/pause.ts';
import { readUsersInPostgres } from '@sluice/testkit/users-in-postgres.ts';
import { ClosingScope } from './closing-scope.ts';

export interface BurstResult {
  readonly changes: number;
  readonly proxies: number;
  readonly byRequest: BurstTimes;
  readonly byImport: BurstTimes;
}

export interface BurstTimes {
  /** Until the last request was answered. */
  readonly answeredMs: number;
  /** Until the last proxy had the last change in force. */
  readonly inForceMs: number;
  /** Revisions that carried them: changes are put together. */
  readonly revisions: number;
}

const requestsAtOnce = 32;
const lookEveryMs = 10;
const patienceMs = 180_000;

/** Which digests a proxy had in force, and since when. */
class DigestWatch {
  readonly #proxy: ControlledProxy;
  readonly #since = new Map<string, number>();
  #isOver = false;

  constructor(proxy: ControlledProxy) {
    this.#proxy = proxy;
  }

  /** Looks until `stop`. */
  async run(): Promise<void> {
    while (!this.#isOver) {
      const { digest } = await this.#proxy.users();
      if (!this.#since.has(digest)) this.#since.set(digest, performance.now());
      await pause(lookEveryMs);
    }
  }

  async until(digest: string): Promise<number> {
    for (const giveUpAt = performance.now() + patienceMs; performance.now() < giveUpAt; ) {
      const since = this.#since.get(digest);
      if (since !== undefined) return since;
      await pause(lookEveryMs);
    }
    throw new Error(`${this.#proxy.name} has not what Postgres has after ${patienceMs} ms`);
  }

  stop(): void {
    this.#isOver = true;
  }
}

async function createOneByOne({ client }: ControlPlane, changes: number): Promise<void> {
  const kept = client.kept(requestsAtOnce);
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < changes) {
      next += 1;
      await kept.createUser(`burst-${next}`);
    }
  };
  try {
    await Promise.all(Array.from({ length: requestsAtOnce }, worker));
  } finally {
    kept.close();
  }
}

async function importAll({ client }: ControlPlane, changes: number): Promise<void> {
  const verifier = createCheapVerifier('correct horse');
  const lines = Array.from({ length: changes }, (_, index) => ({
    kind: 'User',
    user: { name: `import-${index}` },
    credentials: [{ argon2id: verifier }],
  }));
  const { created } = await client.importLines(lines);
  if (created !== changes) throw new Error(`${String(created)} of ${changes} lines were created`);
}

interface Laboratory {
  readonly plane: ControlPlane;
  readonly proxies: readonly ControlledProxy[];
}

async function revisionOf([first]: readonly ControlledProxy[]): Promise<number> {
  return (await first?.users())?.revision ?? 0;
}

async function timed({ plane, proxies }: Laboratory, act: () => Promise<void>): Promise<BurstTimes> {
  const before = await revisionOf(proxies);
  const watches = proxies.map((proxy) => new DigestWatch(proxy));
  const startedAt = performance.now();
  const running = Promise.all(watches.map((watch) => watch.run()));
  try {
    await act();
    const answeredMs = performance.now() - startedAt;
    const { digest } = await readUsersInPostgres(plane.postgres, plane.database);
    const inForceAt = Math.max(...(await Promise.all(watches.map((watch) => watch.until(digest)))));
    return { answeredMs, inForceMs: inForceAt - startedAt, revisions: (await revisionOf(proxies)) - before };
  } finally {
    for (const watch of watches) watch.stop();
    await running;
  }
}

export async function measureBurst(changes: number, say: (line: string) => void): Promise<BurstResult> {
  const scope = new ClosingScope();
  try {
    const plane = await startControlPlane(scope);
    const proxies = await Promise.all(['one', 'two', 'three'].map((name) => plane.startProxy(name)));
    const laboratory = { plane, proxies };
    const byRequest = await timed(laboratory, () => createOneByOne(plane, changes));
    say(`burst: ${changes} requests in force after ${byRequest.inForceMs.toFixed(0)} ms`);
    const byImport = await timed(laboratory, () => importAll(plane, changes));
    say(`burst: ${changes} imported lines in force after ${byImport.inForceMs.toFixed(0)} ms`);
    return { changes, proxies: proxies.length, byRequest, byImport };
  } finally {
    await scope.close();
  }
}
