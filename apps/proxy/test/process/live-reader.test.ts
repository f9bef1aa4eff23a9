import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { counterNames, type CounterName } from '@sluice/native/counters.ts';
import { defaultShape, layout, regionBytes } from '@sluice/native/ring-layout.ts';
import { gaugeHelp } from '../../src/admin/live-snapshot.ts';
import type { DecisionHost } from '../../src/isolate/decision-host.ts';
import { countedPausesMs } from '../../src/isolate/pause-meter.ts';
import { activeConnections, createLiveReader } from '../../src/process/live-reader.ts';
import { configOf, withListener } from '../config/parse-text.ts';

const { datapath } = configOf(withListener(''));
const plan = { mode: 'Threads', threads: 2, fdBudget: 1001, datapath } as const;

function region(): SharedArrayBuffer {
  return new SharedArrayBuffer(regionBytes({ ...defaultShape, smallSlots: 1, largeSlots: 1 }));
}

function setCounter(into: SharedArrayBuffer, name: CounterName, value: number): void {
  new Float64Array(into, layout.countersOffset)[counterNames.indexOf(name)] = value;
}

/** accepted, active, bytes up, bytes down, shed. */
function setListener(into: SharedArrayBuffer, id: number, cells: readonly number[]): void {
  new Float64Array(into, layout.listenerCountersOffset + id * layout.listenerCountersBytes).set(cells);
}

/** A host as the reader sees it: shared memory. Nothing is asked of it. */
function hostOf(regions: readonly SharedArrayBuffer[], longestPauseMs = 0): DecisionHost {
  const pauses = new SharedArrayBuffer(8 * (1 + countedPausesMs.length));
  new Float64Array(pauses).set([longestPauseMs, 3, 1]);
  const refuse = (): never => assert.fail('the isolate was asked');
  return { regions, pauses, prepare: refuse, commit: refuse, abort: refuse, changeUsers: refuse, drain: refuse };
}

function read(
  host: DecisionHost | null,
  otherLimits: Readonly<Record<string, number>> = {},
): ReturnType<ReturnType<typeof createLiveReader>> {
  const listeners = [
    { name: 'edge', id: 0, addresses: [] },
    { name: 'last', id: layout.maxListeners - 1, addresses: [] },
  ];
  return createLiveReader({ host: () => host, plan, listeners: () => listeners, otherLimits: () => otherLimits })();
}

describe('the live reader', () => {
  it('knows nothing before the isolate has started', () => {
    assert.deepEqual(read(null), { listeners: [], limits: {}, gauges: {}, pauses: [] });
  });

  it('sums the workers for each listener by its id', () => {
    const regions = [region(), region()];
    for (const [index, one] of regions.entries()) {
      setListener(one, 0, [10 + index, 1, 100, 200, 0]);
      setListener(one, layout.maxListeners - 1, [1, 0, 5, 7, 3]);
    }
    const { listeners } = read(hostOf(regions));
    assert.deepEqual(listeners, [
      { name: 'edge', accepted: 21, active: 2, bytesUp: 200, bytesDown: 400, shed: 0 },
      { name: 'last', accepted: 2, active: 0, bytesUp: 10, bytesDown: 14, shed: 6 },
    ]);
  });

  it('counts from zero for a new listener on an id that another had', () => {
    const one = region();
    let name = 'old';
    const readNow = createLiveReader({
      host: () => hostOf([one]),
      plan,
      listeners: () => [{ name, id: 3, addresses: [] }],
      otherLimits: () => ({}),
    });
    setListener(one, 3, [5, 1, 50, 60, 2]);
    assert.deepEqual(readNow().listeners, [{ name, accepted: 5, active: 1, bytesUp: 50, bytesDown: 60, shed: 2 }]);
    name = 'new';
    assert.deepEqual(readNow().listeners, [{ name, accepted: 0, active: 1, bytesUp: 0, bytesDown: 0, shed: 0 }]);
    setListener(one, 3, [7, 2, 55, 66, 2]);
    assert.deepEqual(readNow().listeners, [{ name, accepted: 2, active: 2, bytesUp: 5, bytesDown: 6, shed: 0 }]);
  });

  it('gives each limit the counter of that limit, and those counted elsewhere beside them', () => {
    const one = region();
    const limited = [
      ['connections', 'connectionLimit'],
      ['listener_connections', 'listenerLimit'],
      ['slots', 'slotLimit'],
      ['pipes', 'pipeLimit'],
      ['file_descriptors', 'fdLimit'],
      ['event_ring', 'eventOverflow'],
      ['decide_timeout', 'decideTimeouts'],
      ['listener_removal', 'listenersCutShort'],
    ] as const;
    for (const [index, [, counter]] of limited.entries()) setCounter(one, counter, index + 1);
    const expected = Object.fromEntries(limited.map(([limit], index) => [limit, index + 1]));
    assert.deepEqual(read(hostOf([one]), { name_lookups: 9 }).limits, { ...expected, name_lookups: 9 });
  });

  it('says how much is in use and how much there is, of all workers', () => {
    const regions = [region(), region()];
    for (const one of regions) {
      setCounter(one, 'active', 10);
      setCounter(one, 'slotsInUse', 3);
      setCounter(one, 'pipesOpen', 4);
    }
    const { gauges } = read(hostOf(regions, 12.5));
    assert.deepEqual(gauges, {
      engine_connections_in_use: 20,
      engine_connections_max: 500,
      engine_slots_in_use: 6,
      engine_slots_max: 2 * (layout.smallSlots + layout.largeSlots),
      engine_pipes_in_use: 8,
      engine_pipes_max: 2 * layout.maxPipes,
      engine_fds_in_use: 56,
      engine_fds_max: 1001,
      decision_pause_seconds: 0.0125,
    });
    assert.deepEqual(Object.keys(gauges), Object.keys(gaugeHelp));
  });

  it('counts the pauses of the decision isolate by their length', () => {
    const { pauses } = read(hostOf([region()]));
    assert.deepEqual(pauses.slice(0, 3), [
      { atLeastSeconds: 0.005, count: 3 },
      { atLeastSeconds: 0.01, count: 1 },
      { atLeastSeconds: 0.02, count: 0 },
    ]);
    assert.equal(pauses.length, countedPausesMs.length);
  });

  it('counts what is open on listeners that are gone, too', () => {
    const regions = [region(), region()];
    for (const one of regions) for (const id of [0, 17, 255]) setListener(one, id, [0, 1, 0, 0, 0]);
    assert.equal(activeConnections(hostOf(regions)), 6);
  });
});
