import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type RegionShape, regionBytes } from '@sluice/native/ring-layout.ts';
import { WorkerPort } from '@sluice/native/worker-port.ts';
import { ListenerState } from '../../src/session/listener-state.ts';
import { SessionTable } from '../../src/session/session-table.ts';
import { listenerConfig } from './listener-config.ts';

const shape: RegionShape = { eventCapacity: 8, commandCapacity: 8, smallSlots: 1, largeSlots: 1 };
const port = new WorkerPort(0, new SharedArrayBuffer(regionBytes(shape)), shape, () => {});
const listener = new ListenerState(0, listenerConfig());

describe('the session table', () => {
  it('finds a session by its tag and never gives out tag 0, which means "none"', () => {
    const table = new SessionTable();
    const sessions = Array.from({ length: 3 }, () => table.create(listener, port));
    assert.deepEqual(
      sessions.map(({ tag }) => tag),
      [1, 2, 3],
    );
    for (const session of sessions) assert.equal(table.find(session.tag), session);
    assert.equal(table.find(0), undefined);
    assert.equal(table.find(4), undefined);
    assert.equal(table.size, 3);
    assert.deepEqual([...table], sessions);
  });

  it('uses a tag again once its session has ended, but never a serial', () => {
    const table = new SessionTable();
    const first = table.create(listener, port);
    const second = table.create(listener, port);
    table.remove(first);
    assert.equal(table.find(first.tag), undefined);
    assert.equal(table.size, 1);
    const third = table.create(listener, port);
    assert.equal(third.tag, first.tag);
    assert.deepEqual([first.serial, second.serial, third.serial, table.nextSerial()], [1, 2, 3, 4]);
    assert.deepEqual([...table], [third, second]);
  });

  it('removes a session once, so that its tag is not given out twice', () => {
    const table = new SessionTable();
    const first = table.create(listener, port);
    table.remove(first);
    table.remove(first);
    const next = table.create(listener, port);
    table.remove(first);
    assert.equal(table.find(next.tag), next);
    assert.notEqual(table.create(listener, port).tag, next.tag);
    assert.equal(table.size, 2);
  });
});
