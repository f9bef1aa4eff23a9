/** The control plane's measurements as Markdown. Pure: everything measured goes in, text comes out. */
import { tableHead, tableRow } from '../report/format-value.ts';
import { type Bar, barsSection, machineLines } from '../report/parts-section.ts';
import type { Percentiles } from '../statistics/percentiles.ts';
import type { BurstResult, BurstTimes } from './burst.ts';
import { controlParts, type ControlResults } from './control-results.ts';
import type { PropagationResult, Span } from './propagation.ts';
import type { UserScaleResult } from './user-scale.ts';

const maxPropagationMs = 100;
const maxResidentMiB = 1024;
const maxPauseMs = 10;
const maxChangeMs = 10;

export function controlReport(results: ControlResults): string {
  return [
    '# The control plane, measured',
    '',
    'Written by `node bench/src/main.ts --control all` (part of `make bench`). Real Postgres, nats-server, state service and proxies as processes',
    'of their own, all on the machine named, with the clients that measure. Figures belong to this machine and these runs.',
    '',
    ...machineLines(controlParts, results),
    '',
    ...barsSection(bars(results)),
    ...(results.propagation === undefined ? [] : propagationSection(results.propagation.result)),
    ...(results.burst === undefined ? [] : burstSection(results.burst.result)),
    ...scaleSection(scaleResults(results)),
  ].join('\n');
}

function scaleResults(results: ControlResults): readonly UserScaleResult[] {
  return [results['users-100000'], results['users-1000000']].flatMap((part) =>
    part === undefined ? [] : [part.result],
  );
}

function bars(results: ControlResults): readonly Bar[] {
  const { propagation, burst } = results;
  return [
    ...(propagation === undefined ? [] : [propagationBar(propagation.result)]),
    ...(burst === undefined ? [] : [burstBar(burst.result)]),
    ...scaleResults(results).flatMap(scaleBars),
  ];
}

function propagationBar({ proxies, changes, all }: PropagationResult): Bar {
  const p99 = all.sinceSent?.p99 ?? Number.NaN;
  return {
    what: `a change in force on ${proxies} proxies, p99 over ${changes} changes, counted from the request`,
    limit: `${maxPropagationMs} ms`,
    measured: milliseconds(p99),
    isMet: p99 < maxPropagationMs,
  };
}

function burstBar({ changes, byRequest, byImport }: BurstResult): Bar {
  const rate = ({ inForceMs }: BurstTimes): string => number(Math.round((changes / inForceMs) * 1000));
  return {
    what: `changes a second into force, ${number(changes)} at once, one request each / in one import`,
    limit: '–',
    measured: `${rate(byRequest)} / ${rate(byImport)}`,
    isMet: null,
  };
}

function scaleBars(result: UserScaleResult): readonly Bar[] {
  const { users, proxyMemory, proxyMemoryFromDisk, updates } = result;
  const resident = Math.max(proxyMemory.residentMiB, proxyMemoryFromDisk.residentMiB);
  const longer = updates.pauses.find(({ atLeastMs }) => atLeastMs === maxPauseMs)?.count;
  return [
    {
      what: `resident memory of a proxy with ${number(users)} users`,
      limit: `${number(maxResidentMiB)} MiB`,
      measured: `${number(resident)} MiB`,
      isMet: resident < maxResidentMiB,
    },
    ...(updates.ran === undefined ? [] : [changeBar(updates.count, updates.ran)]),
    {
      what: `pauses of its decision isolate in ${updates.count} single changes`,
      limit: `${maxPauseMs} ms`,
      measured: pausesText(updates),
      isMet: longer === 0,
    },
    {
      what: 'its start with nothing in memory until it is ready, from NATS / from disk',
      limit: '–',
      measured: `${result.readyFromNatsSeconds.toFixed(1)} s / ${result.readyFromDiskSeconds.toFixed(1)} s`,
      isMet: null,
    },
  ];
}

function changeBar(changes: number, { max }: Percentiles): Bar {
  return {
    what: `cost of one change: most processor time of its decision isolate in one of ${changes}`,
    limit: `${maxChangeMs} ms`,
    measured: milliseconds(max),
    isMet: max < maxChangeMs,
  };
}

/** A pause in which the isolate waited for a processor is the machine's. */
function pausesText({ pauses, waited }: UserScaleResult['updates']): string {
  const text = longestText(pauses);
  return waited === undefined ? text : `${text}; it waited for a processor up to ${milliseconds(waited.max)}`;
}

/** The counters know bounds, not the longest itself. */
function longestText(pauses: UserScaleResult['updates']['pauses']): string {
  const reached = pauses.filter(({ count }) => count > 0).at(-1);
  const [shortest] = pauses;
  if (reached === undefined) return `below ${shortest?.atLeastMs ?? 0} ms`;
  const next = pauses.find(({ atLeastMs }) => atLeastMs > reached.atLeastMs);
  const upTo = next === undefined ? '' : `, below ${next.atLeastMs} ms`;
  return `${reached.count} of ${reached.atLeastMs} ms or more${upTo}`;
}

function propagationSection({
  changes,
  proxies,
  accepted,
  refused,
  cut,
  all,
  bus,
}: PropagationResult): readonly string[] {
  const row = (what: string, { sinceSent, sinceAnswered }: Span): readonly string[] => [
    timesRow(`${what}, from the request`, sinceSent),
    timesRow(`${what}, from its answer`, sinceAnswered),
  ];
  return [
    '## Propagation',
    '',
    `${changes} changes, one after the other. A user's credential is added by REST, a user is deleted by REST; meanwhile clients ask ${proxies} proxies by SOCKS5 and`,
    'by CONNECT, a few milliseconds after each answer again. The time is over when the last of the six has been accepted, or refused, or (open tunnels of a',
    'deleted user with `onRevoke: Disconnect`) cut. The commit is between the request and its answer: the two rows of each are an upper and a lower bound.',
    'Verifiers are the cheapest argon2id, so that the cost of a password check is not part of it.',
    '',
    ...tableHead(['milliseconds', 'n', 'p50', 'p90', 'p99', 'max']),
    ...row('accepted', accepted),
    ...row('refused', refused),
    ...row('tunnels cut', cut),
    ...row('accepted and refused', all),
    timesRow('NATS alone: one put to its watch, between the changes', bus),
    '',
  ];
}

function timesRow(what: string, times: Percentiles | undefined): string {
  if (times === undefined) return tableRow([what, '0', '–', '–', '–', '–']);
  const { count, p50, p90, p99, max } = times;
  return tableRow([what, String(count), ...[p50, p90, p99, max].map((value) => value.toFixed(1))]);
}

function burstSection({ changes, byRequest, byImport }: BurstResult): readonly string[] {
  const row = (what: string, { answeredMs, inForceMs, revisions }: BurstTimes): string =>
    tableRow([
      what,
      `${(answeredMs / 1000).toFixed(2)} s`,
      `${(inForceMs / 1000).toFixed(2)} s`,
      number(Math.round((changes / inForceMs) * 1000)),
      number(revisions),
    ]);
  return [
    `## Changes a second, ${number(changes)} at once`,
    '',
    ...tableHead([
      'made by',
      'answered after',
      'in force on 3 proxies after',
      'changes a second, end to end',
      'revisions',
    ]),
    row('one request each, 32 at once', byRequest),
    row('one bulk import', byImport),
    '',
  ];
}

function scaleSection(results: readonly UserScaleResult[]): readonly string[] {
  if (results.length === 0) return [];
  const row = (what: string, value: (result: UserScaleResult) => string): string =>
    tableRow([what, ...results.map(value)]);
  const seconds = (value: number): string => `${value.toFixed(1)} s`;
  const mebibytes = (value: number): string => `${(value / 2 ** 20).toFixed(1)} MiB`;
  return [
    '## Many users',
    '',
    'Each with an argon2id verifier and a group with a rule, put into Postgres by `generate_series`. The publisher first fills an empty bucket, then is killed',
    'and started again on the full one. The proxy starts with an empty state directory, then (killed, NATS stopped) from its last good table.',
    '',
    ...tableHead(['users', ...results.map(({ users }) => number(users))]),
    row('publisher fills an empty bucket', ({ fillSeconds }) => seconds(fillSeconds)),
    row('publisher takes over a full one', ({ takeoverSeconds }) => seconds(takeoverSeconds)),
    row(
      'publisher, resident (most)',
      ({ publisherMemory: m }) => `${number(m.residentMiB)} (${number(m.peakMiB)}) MiB`,
    ),
    row('snapshot in the object store', ({ snapshotBytes }) =>
      snapshotBytes === null ? 'none' : mebibytes(snapshotBytes),
    ),
    row('last good table on disk', ({ tableBytes }) => mebibytes(tableBytes)),
    row('proxy ready from NATS', ({ readyFromNatsSeconds }) => seconds(readyFromNatsSeconds)),
    row('proxy ready from disk', ({ readyFromDiskSeconds }) => seconds(readyFromDiskSeconds)),
    row(
      'proxy, resident (most), from NATS',
      ({ proxyMemory: m }) => `${number(m.residentMiB)} (${number(m.peakMiB)}) MiB`,
    ),
    row(
      'proxy, resident (most), from disk',
      ({ proxyMemoryFromDisk: m }) => `${number(m.residentMiB)} (${number(m.peakMiB)}) MiB`,
    ),
    row('one change: request to answer, p50 / p99 / max', ({ updates }) => timesText(updates.answered)),
    row('one change: request to in force, p50 / p99 / max', ({ updates }) => timesText(updates.inForce)),
    row('one change: put in force, mean', ({ updates }) => milliseconds(updates.applyMs)),
    row('one change: processor time of the decision isolate, p50 / p99 / max', ({ updates }) => timesText(updates.ran)),
    row('one change: it waited for a processor, p50 / p99 / max', ({ updates }) => timesText(updates.waited)),
    row('one change: longest pause of the decision isolate', ({ updates }) => longestText(updates.pauses)),
    '',
  ];
}

function timesText(times: Percentiles | undefined): string {
  return times === undefined ? '–' : [times.p50, times.p99, times.max].map(milliseconds).join(' / ');
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function number(value: number): string {
  return value.toLocaleString('en-US').replaceAll(',', ' ');
}
