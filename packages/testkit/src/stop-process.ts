/**
 * SIGSTOP, and the certainty that it has taken effect: kill(2) returns before the threads of the other process stand still,
 * and a server may answer meanwhile.
 */
import { readdirSync, readFileSync } from 'node:fs';

const attempts = 2_000;
const stopped = 'T';

/** Stops a process of ours and returns when every thread of it stands still; SIGCONT wakes it. Linux only. */
export function stopProcess(pid: number): void {
  process.kill(pid, 'SIGSTOP');
  const pauseMs = new Int32Array(new SharedArrayBuffer(4));
  for (let attempt = 0; attempt < attempts; attempt++) {
    if (isStopped(pid)) return;
    Atomics.wait(pauseMs, 0, 0, 1);
  }
  throw new Error(`process ${pid} does not stand still after ${attempts} ms`);
}

function isStopped(pid: number): boolean {
  return readdirSync(`/proc/${pid}/task`).every((thread) => {
    // The state follows the program's name, which is in parentheses and may hold any character.
    const stat = readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3) === stopped;
  });
}
