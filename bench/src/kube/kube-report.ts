/** The operator's measurements as Markdown. Pure: everything measured goes in, text comes out. */
import { tableHead, tableRow } from '../report/format-value.ts';
import { type Bar, barsSection, machineLines } from '../report/parts-section.ts';
import type { KubePropagationResult } from './kube-propagation.ts';
import { kubeParts, type KubeResults } from './kube-results.ts';
import type { OperatorFigures } from './operator-figures.ts';
import type { OtherObjectsResult } from './other-objects.ts';
import type { RouteScaleResult } from './route-scale.ts';
import type { Times } from './times.ts';

const maxProgrammedMs = 100;
const maxRejectedMs = 1_000;

export function kubeReport(results: KubeResults): string {
  const { propagation, 'routes-5000': routes, 'objects-50000': objects } = results;
  return [
    '# The operator, measured',
    '',
    'Written by `node bench/src/main.ts --kube all` (part of `make bench`). A real etcd and Kubernetes API server, nats-server, operator and',
    'proxies as processes of their own, all on the machine named, with the clients that measure. Figures belong to this machine and these runs.',
    '',
    ...machineLines(kubeParts, results),
    '',
    ...barsSection(bars(results)),
    ...(propagation === undefined ? [] : propagationSection(propagation.result)),
    ...(routes === undefined ? [] : routesSection(routes.result)),
    ...(objects === undefined ? [] : objectsSection(objects.result)),
  ].join('\n');
}

function bars({ propagation, 'routes-5000': routes, 'objects-50000': objects }: KubeResults): readonly Bar[] {
  return [
    ...(propagation === undefined ? [] : propagationBars(propagation.result)),
    ...(routes === undefined ? [] : routesBars(routes.result)),
    ...(objects === undefined ? [] : [objectsBar(objects.result)]),
  ];
}

function propagationBars(result: KubePropagationResult): readonly Bar[] {
  const { changes, proxies, inForce, programmed, apiServer, rejections, rejected } = result;
  const p99 = (times: Times | undefined): number => times?.p99 ?? Number.NaN;
  const both = Math.max(p99(inForce), p99(programmed));
  return [
    {
      what: `a ProxyRoute applied, in force on ${proxies} proxies and shown as Programmed, p99 over ${changes} changes, counted from the request`,
      limit: `${maxProgrammedMs} ms`,
      measured: `${milliseconds(both)}; the API server alone, write to watch: ${milliseconds(p99(apiServer))}`,
      isMet: both < maxProgrammedMs,
    },
    {
      what: `a rejection shown with its reason, longest of ${rejections}, counted from the request`,
      limit: `${number(maxRejectedMs)} ms`,
      measured: milliseconds(rejected?.max ?? Number.NaN),
      isMet: (rejected?.max ?? Number.NaN) < maxRejectedMs,
    },
  ];
}

function routesBars({ routes, proxies, first, restart }: RouteScaleResult): readonly Bar[] {
  const { publishedSeconds, inForceSeconds, shownSeconds, figures } = first;
  const start = [publishedSeconds, inForceSeconds, shownSeconds].map(seconds).join(' / ');
  return [
    {
      what: `${number(routes)} routes: from the operator's start until published / in force on ${proxies} proxies / every status shown`,
      limit: '–',
      measured: start,
      isMet: null,
    },
    {
      what: `${number(routes)} routes: resident memory of the operator, after the first start / after a restart`,
      limit: '–',
      measured: `${figures.memory.residentMiB} MiB / ${restart.figures.memory.residentMiB} MiB`,
      isMet: null,
    },
    {
      what: 'statuses written by a restarted operator when nothing had changed',
      limit: '0',
      measured: number(restart.figures.statusesWritten),
      isMet: restart.figures.statusesWritten === 0,
    },
  ];
}

function objectsBar({ services, secrets, empty, full }: OtherObjectsResult): Bar {
  return {
    what: `resident memory of the operator, cluster empty / with ${number(2 * services + secrets)} objects that are none of its business`,
    limit: '–',
    measured: `${empty.figures.memory.residentMiB} MiB / ${full.figures.memory.residentMiB} MiB`,
    isMet: null,
  };
}

function propagationSection(result: KubePropagationResult): readonly string[] {
  const { changes, proxies, answered, shown, inForce, programmed, apiServer, rejections, rejected } = result;
  return [
    '## Propagation',
    '',
    `${changes} changes, one after the other. A ProxyRoute is applied on the server's side with another endpoint; once a watch has shown that, clients open a connection`,
    `to each of ${proxies} proxies, a few milliseconds after each answer again, and read which origin answers. All times are counted from`,
    'the request. The first rows are what Kubernetes takes alone, of the very changes and, between them, of the same write in a namespace that',
    'no operator looks at.',
    '',
    ...timesHead(),
    timesRow('the API server alone: another route, write to watch', apiServer),
    timesRow('the request is answered', answered),
    timesRow('a watch shows the new spec', shown),
    timesRow('connections follow it on the last proxy', inForce),
    timesRow(`a watch shows \`Programmed=True\`, ${proxies}/${proxies}`, programmed),
    '',
    `${rejections} routes that name a listener which no proxy has, one after the other, until a watch shows \`Programmed=False\` with the proxy and its reason.`,
    '',
    ...timesHead(),
    timesRow('the rejection is shown', rejected),
    '',
  ];
}

function timesHead(): readonly string[] {
  return tableHead(['milliseconds', 'n', 'p50 [IQR]', 'p90', 'p99', 'max']);
}

function timesRow(what: string, times: Times | undefined): string {
  if (times === undefined) return tableRow([what, '0', '–', '–', '–', '–']);
  const { count, p25, p50, p75, p90, p99, max } = times;
  const middle = `${p50.toFixed(1)} [${p25.toFixed(1)}-${p75.toFixed(1)}]`;
  return tableRow([what, String(count), middle, ...[p90, p99, max].map((value) => value.toFixed(1))]);
}

function figuresHead(): readonly string[] {
  return tableHead([
    'operator',
    'processor',
    'resident (most)',
    'requests',
    'of them',
    'statuses written',
    'events written (lost)',
  ]);
}

function figuresRow(what: string, figures: OperatorFigures): string {
  const { processorSeconds, memory, requests, statusesWritten, eventsWritten, eventsLost } = figures;
  const some = Object.entries(requests).filter(([, count]) => count > 0);
  return tableRow([
    what,
    `${processorSeconds.toFixed(2)} s`,
    `${memory.residentMiB} (${memory.peakMiB}) MiB`,
    number(some.reduce((total, [, count]) => total + count, 0)),
    some.map(([method, count]) => `${method} ${number(count)}`).join(', ') || '–',
    number(statusesWritten),
    `${number(eventsWritten)} (${number(eventsLost)})`,
  ]);
}

function routesSection(result: RouteScaleResult): readonly string[] {
  const { routes, services, changes, proxies, first, restart, idle, idleSeconds, change, changesCost } = result;
  return [
    `## ${number(routes)} routes`,
    '',
    `To ${services} Services of two endpoints each, all namespaces watched, with the flags as they are unless given. The operator first fills an empty bucket and`,
    `writes every status, for ${proxies} proxies that wait for it; then it is stopped and started again on a bucket and statuses that are as they should be.`,
    '',
    ...tableHead(['from the start of the process', 'first start', 'restart']),
    tableRow(['all published', seconds(first.publishedSeconds), seconds(restart.publishedSeconds)]),
    tableRow([`in force on ${proxies} proxies`, seconds(first.inForceSeconds), 'before']),
    tableRow([`every status shows ${proxies}/${proxies}`, seconds(first.shownSeconds), 'before']),
    '',
    ...figuresHead(),
    figuresRow('first start, until every status is shown', first.figures),
    figuresRow('restart, until 20 s after it has published', restart.figures),
    figuresRow(`at rest, ${idleSeconds} s`, idle),
    figuresRow(`${changes} changes, one after the other`, changesCost),
    '',
    ...timesHead(),
    timesRow(`one change among ${number(routes)} routes, from the request until \`Programmed=True\` is shown`, change),
    '',
  ];
}

function objectsSection({ services, secrets, empty, grown, full }: OtherObjectsResult): readonly string[] {
  return [
    `## ${number(2 * services + secrets)} other objects`,
    '',
    `${number(services)} Services, each with an EndpointSlice of ten endpoints, and ${number(secrets)} Secrets of a kilobyte, none of which a route speaks of; ten routes.`,
    `All namespaces are watched. Every cache was listed whole ${seconds(empty.readySeconds)} after the start in an empty cluster, ${seconds(full.readySeconds)} after it with all of them.`,
    '',
    ...figuresHead(),
    figuresRow('started in an empty cluster', empty.figures),
    figuresRow('the same process, after all were created', grown),
    figuresRow('started with all of them', full.figures),
    '',
  ];
}

function milliseconds(value: number): string {
  return `${value.toFixed(1)} ms`;
}

function seconds(value: number): string {
  return `${value.toFixed(1)} s`;
}

function number(value: number): string {
  return value.toLocaleString('en-US').replaceAll(',', ' ');
}
