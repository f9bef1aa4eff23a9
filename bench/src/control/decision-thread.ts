/** What the thread of a proxy's decision isolate has had of the processors, as the kernel accounts it. */
import { readdir, readFile } from 'node:fs/promises';

export interface ThreadTimes {
  readonly ranMs: number;
  /** Could have run, and another thread had the processor. */
  readonly waitedMs: number;
}

export type ReadThreadTimes = () => Promise<ThreadTimes>;

/** The name that the host gives the worker. */
const threadName = 'decisions';

/** null: the kernel keeps no such account (CONFIG_SCHED_INFO), or there is no such thread. */
export async function openDecisionThread(pid: number): Promise<ReadThreadTimes | null> {
  const directory = `/proc/${pid}/task`;
  for (const id of await readdir(directory)) {
    const name = await readFile(`${directory}/${id}/comm`, 'utf8');
    if (name.trim() !== threadName) continue;
    const read = async (): Promise<ThreadTimes> => timesOf(await readFile(`${directory}/${id}/schedstat`, 'utf8'));
    return await read().then(
      () => read,
      () => null,
    );
  }
  return null;
}

/** Nanoseconds run, nanoseconds waited, turns (Documentation/scheduler/sched-stats.rst). */
function timesOf(text: string): ThreadTimes {
  const [ran = Number.NaN, waited = Number.NaN] = text.split(' ').map(Number);
  return { ranMs: ran / 1e6, waitedMs: waited / 1e6 };
}
