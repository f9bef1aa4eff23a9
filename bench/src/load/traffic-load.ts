/**
 * Runs the load generator once and reads its report. The program lives for its window and some timeouts; an abort ends
 * it by id. A report of another shape is a LoadError, never a zero.
 */
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { enteringCommand, type Place } from '../machine/measured-process.ts';
import type { Front } from '../peers/peer.ts';
import type { TrafficMode } from '../scenarios/scenario.ts';

const run = promisify(execFile);

/** The load generator failed, or said something that cannot be read. */
export class LoadError extends Error {
  readonly code = 'LOAD';
}

export interface TrafficRequest {
  readonly program: string;
  readonly mode: TrafficMode;
  readonly front: Front;
  readonly connections: number;
  readonly proxyPort: number;
  readonly serverName: string;
  /** `address:port` a forward proxy is asked for. */
  readonly target: string;
  readonly warmUpSeconds: number;
  readonly seconds: number;
  /** Kernel files to copy at both ends of the window, by name. */
  readonly watch: Readonly<Record<string, string>>;
}

export interface WatchedText {
  readonly before: string;
  readonly after: string;
}

/** Latencies are in microseconds. `ok` counts whole connections, `rts` round trips, `bytes` payload. */
export interface TrafficReport {
  readonly seconds: number;
  readonly aborted: boolean;
  readonly ok: number;
  readonly rts: number;
  readonly bytes: number;
  readonly err: number;
  readonly errWarmUp: number;
  readonly errors: Readonly<Record<string, number>>;
  readonly p50: number;
  readonly p99: number;
  readonly p999: number;
  readonly max: number;
  readonly watched: Readonly<Record<string, WatchedText>>;
}

const numberFields = ['seconds', 'ok', 'rts', 'bytes', 'err', 'errWarmUp', 'p50', 'p99', 'p999', 'max'] as const;

/** The arguments of the load generator for this request. */
export function trafficArguments(request: TrafficRequest): readonly string[] {
  const forward = request.front === 'sni' ? [] : ['--via', request.front, '--target', request.target];
  return [
    ...['--mode', request.mode, '--proxy', `127.0.0.1:${request.proxyPort}`, ...forward],
    ...['--sni', request.serverName, '--connections', String(request.connections)],
    ...['--warm-up', String(request.warmUpSeconds), '--seconds', String(request.seconds)],
    ...Object.entries(request.watch).flatMap(([name, path]) => ['--watch', `${name}=${path}`]),
  ];
}

/** Offers the load from `place`; fails with LoadError. */
export async function runTraffic(request: TrafficRequest, place: Place, signal: AbortSignal): Promise<TrafficReport> {
  const command = [request.program, ...trafficArguments(request)];
  const [program = '', ...args] = enteringCommand(command, place);
  const timeoutMs = (request.warmUpSeconds + request.seconds) * 1000 + 20_000;
  try {
    const { stdout } = await run(program, args, { signal, timeout: timeoutMs, killSignal: 'SIGKILL' });
    return parseTrafficReport(stdout);
  } catch (cause) {
    signal.throwIfAborted();
    if (cause instanceof LoadError) throw cause;
    throw new LoadError(`the load generator failed: ${cause instanceof Error ? cause.message : String(cause)}`, {
      cause,
    });
  }
}

/** Reads the report's one line; fails with LoadError. */
export function parseTrafficReport(line: string): TrafficReport {
  let report: unknown;
  try {
    report = JSON.parse(line);
  } catch (cause) {
    throw new LoadError(`the load generator's report is no JSON: ${line.slice(0, 80)}`, { cause });
  }
  if (!isTrafficReport(report)) throw new LoadError(`the load generator's report lacks a field: ${line.slice(0, 200)}`);
  return report;
}

function isTrafficReport(value: unknown): value is TrafficReport {
  if (typeof value !== 'object' || value === null) return false;
  const fields = new Map<string, unknown>(Object.entries(value));
  const numbers = numberFields.every((field) => typeof fields.get(field) === 'number');
  const objects = ['errors', 'watched'].every((field) => typeof fields.get(field) === 'object');
  return numbers && objects && typeof fields.get('aborted') === 'boolean';
}
