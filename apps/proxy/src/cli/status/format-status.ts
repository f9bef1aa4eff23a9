/** The status of a proxy as text for people. Pure; reads what the admin listener answered, which may be of another version. */
import { type Static, Type } from 'typebox';
import { Compile } from 'typebox/compile';
import { printable } from '../state/printable.ts';
import { TextTable } from '../state/text-table.ts';

const rangeSchema = Type.Object({
  range: Type.String(),
  source: Type.String(),
  isConnected: Type.Boolean(),
  isCurrent: Type.Boolean(),
  epoch: Type.Number(),
  revision: Type.Number(),
  digest: Type.String(),
  count: Type.Number(),
  ageSeconds: Type.Union([Type.Number(), Type.Null()]),
  rejectedCount: Type.Number(),
  rejected: Type.Array(Type.Object({ key: Type.String(), reason: Type.String() })),
  doubt: Type.Union([Type.String(), Type.Null()]),
});
const answersSchema = Type.Object({
  ready: Type.Object({
    ready: Type.Boolean(),
    reason: Type.Optional(Type.String()),
    detail: Type.Optional(Type.String()),
  }),
  status: Type.Object({
    version: Type.String(),
    pid: Type.Number(),
    digest: Type.String(),
    uptimeSeconds: Type.Number(),
    configLoadedAt: Type.String(),
    connections: Type.Object({ accepted: Type.Number(), active: Type.Number() }),
    listeners: Type.Array(
      Type.Object({
        name: Type.String(),
        addresses: Type.Array(Type.String()),
        accepted: Type.Number(),
        active: Type.Number(),
      }),
    ),
  }),
  control: Type.Object({
    isLive: Type.Boolean(),
    proxy: Type.Optional(Type.String()),
    isConnected: Type.Optional(Type.Boolean()),
    stateDirectory: Type.Optional(Type.Union([Type.String(), Type.Null()])),
    ranges: Type.Optional(Type.Array(rangeSchema)),
  }),
});
export type StatusAnswers = Static<typeof answersSchema>;

const answersCheck = Compile(answersSchema);

export function isStatusAnswers(answers: unknown): answers is StatusAnswers {
  return answersCheck.Check(answers);
}

export function formatStatus({ ready, status, control }: StatusAnswers): string {
  const state = ready.ready
    ? 'Ready'
    : [ready.reason ?? 'not ready', ...(ready.detail === undefined ? [] : [ready.detail])].join(': ');
  const lines = [
    `sluice ${printable(status.version)}, pid ${status.pid}, up ${duration(status.uptimeSeconds)}: ${printable(state)}`,
    `file: digest ${status.digest.slice(0, 12)}, loaded ${printable(status.configLoadedAt)}`,
    `connections: ${status.connections.active} active, ${status.connections.accepted} accepted`,
    '',
    listenerTable(status.listeners),
    ...controlLines(control),
  ];
  return `${lines.join('\n').trimEnd()}\n`;
}

function listenerTable(listeners: StatusAnswers['status']['listeners']): string {
  const table = new TextTable(['LISTENER', 'ADDRESSES', 'ACTIVE', 'ACCEPTED']);
  return table.rows(
    listeners.map(({ name, addresses, active, accepted }) => [name, addresses.join(' '), `${active}`, `${accepted}`]),
  );
}

function controlLines({
  isLive,
  proxy,
  isConnected,
  stateDirectory,
  ranges,
}: StatusAnswers['control']): readonly string[] {
  if (!isLive) return ['live configuration: none, the file is all there is'];
  const all = ranges ?? [];
  const table = new TextTable(['RANGE', 'SOURCE', 'EPOCH', 'REVISION', 'DIGEST', 'AGE', 'COUNT', 'REJECTED']);
  const rows = all.map((range) => [
    range.range,
    range.isCurrent ? range.source : `${range.source} (in doubt)`,
    `${range.epoch}`,
    `${range.revision}`,
    range.digest.slice(0, 12),
    range.ageSeconds === null ? '-' : duration(range.ageSeconds),
    `${range.count}`,
    `${range.rejectedCount}`,
  ]);
  const link = isConnected === true ? 'connected to NATS' : 'not connected to NATS';
  return [
    `live configuration: proxy ${printable(proxy ?? '')}, ${link}, last good kept in ${printable(stateDirectory ?? 'no directory')}`,
    '',
    table.rows(rows),
    ...all.flatMap(({ range, doubt }) => (doubt === null ? [] : [`${range} in doubt: ${printable(doubt)}`])),
    ...all.flatMap(({ rejected }) =>
      rejected.map(({ key, reason }) => `rejected ${printable(key)}: ${printable(reason)}`),
    ),
    ...all.flatMap(({ range, rejected, rejectedCount }) =>
      rejectedCount > rejected.length ? [`and ${rejectedCount - rejected.length} more of ${range}`] : [],
    ),
  ];
}

/** `3d4h`, `2h5m`, `12s`: the two largest units. */
function duration(seconds: number): string {
  const units = [
    ['d', 86_400],
    ['h', 3_600],
    ['m', 60],
    ['s', 1],
  ] as const;
  const at = units.findIndex(([, size]) => seconds >= size);
  if (at === -1) return `${seconds.toFixed(1)}s`;
  const [unit, size] = units[at] ?? ['s', 1];
  const [small, smallSize] = units[at + 1] ?? ['', 0];
  const whole = Math.floor(seconds / size);
  const rest = smallSize === 0 ? 0 : Math.floor((seconds % size) / smallSize);
  return rest === 0 ? `${whole}${unit}` : `${whole}${unit}${rest}${small}`;
}
