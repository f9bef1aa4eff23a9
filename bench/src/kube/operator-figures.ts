/** What an operator has used so far: processor time and memory as the kernel accounts them, requests as it counts them itself. */
import { readFile } from 'node:fs/promises';
import type { ProgramProcess } from '@sluice/testkit/program-process.ts';
import { PrometheusText } from '@sluice/testkit/prometheus-text.ts';
import { type ProcessMemory, readProcessMemory } from '../control/process-memory.ts';

export interface OperatorFigures {
  readonly processorSeconds: number;
  readonly memory: ProcessMemory;
  /** To the API server, by what they were: all that counts them, not only what was answered well. */
  readonly requests: Readonly<Record<string, number>>;
  readonly statusesWritten: number;
  readonly eventsWritten: number;
  readonly eventsLost: number;
}

/** USER_HZ of every Linux that Node runs on (proc_pid_stat(5)). */
const ticksPerSecond = 100;
/** utime and stime are the fields 14 and 15; the second one, in parentheses, may hold anything. */
const firstFieldAfterName = 3;

async function readProcessorSeconds(pid: number): Promise<number> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8');
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  const ticks = [14, 15].map((field) => Number(fields[field - firstFieldAfterName]));
  return ticks.reduce((total, value) => total + value, 0) / ticksPerSecond;
}

async function readMetrics(operator: ProgramProcess): Promise<PrometheusText> {
  const started = operator.logs(({ msg }) => msg === 'ready').at(-1);
  const answer = await fetch(`${String(started?.['admin'])}/metrics`, { signal: AbortSignal.timeout(10_000) });
  return new PrometheusText(await answer.text());
}

export async function readOperatorFigures(operator: ProgramProcess): Promise<OperatorFigures> {
  const { pid = 0 } = operator;
  const [processorSeconds, memory, metrics] = await Promise.all([
    readProcessorSeconds(pid),
    readProcessMemory(pid),
    readMetrics(operator),
  ]);
  const requests: Record<string, number> = {};
  for (const { name, labels, value } of metrics.samples) {
    if (name !== 'rest_client_requests_total') continue;
    const method = labels['method'] ?? '';
    requests[method] = (requests[method] ?? 0) + value;
  }
  return {
    ...{ processorSeconds, memory, requests },
    statusesWritten: metrics.sum('sluice_operator_statuses_total', { result: 'Written' }),
    eventsWritten: metrics.sum('kube_events_written_total'),
    eventsLost: metrics.sum('kube_events_lost_total'),
  };
}

/** What was used between the two, and what is held now. */
export function figuresSince(before: OperatorFigures, now: OperatorFigures): OperatorFigures {
  const requests = Object.fromEntries(
    Object.entries(now.requests).map(([method, count]) => [method, count - (before.requests[method] ?? 0)]),
  );
  return {
    processorSeconds: now.processorSeconds - before.processorSeconds,
    memory: now.memory,
    requests,
    statusesWritten: now.statusesWritten - before.statusesWritten,
    eventsWritten: now.eventsWritten - before.eventsWritten,
    eventsLost: now.eventsLost - before.eventsLost,
  };
}
