/**
 * The shared memory between one worker and the decision isolate, as native/src/ring/ring_layout.h lays it out (a test
 * compares both). Indices are in 32-bit words unless a name says bytes.
 */

export const control = {
  eventHead: 0,
  eventTail: 16,
  commandHead: 32,
  commandTail: 48,
  sleeping: 64,
  jsAwake: 80,
} as const;

export const layout = {
  controlBytes: 20 * 1024,
  eventBytes: 128,
  commandBytes: 64,
  countersOffset: 512,
  listenerCountersOffset: 2048,
  listenerCountersBytes: 64,
  smallSlotBytes: 4096,
  largeSlotBytes: 72 * 1024,
  slotReplyBytes: 512,
  slotPathBytes: 128,
  maxListeners: 256,
  maxWorkers: 64,
  reservedFds: 256,
  eventCapacity: 8192,
  commandCapacity: 8192,
  smallSlots: 4096,
  largeSlots: 128,
  maxPipes: 1024,
} as const;

export const eventType = {
  data: 1,
  connectFailed: 2,
  closed: 3,
  detached: 4,
  refused: 5,
  listenerClosed: 6,
  moved: 7,
  fenced: 8,
} as const;

export const commandType = {
  read: 1,
  reply: 2,
  connect: 3,
  echo: 4,
  close: 5,
  detach: 6,
  release: 7,
  relay: 8,
  addListener: 9,
  setListener: 10,
  removeListener: 11,
  pauseAccept: 12,
  resumeAccept: 13,
  fence: 14,
} as const;

/** Bits of `EventRecord.detail` of a data event. */
export const dataFlag = { end: 1, deadline: 2 } as const;

/** Bits of a command's flags. */
export const commandFlag = { reset: 1, noHalfClose: 2, fastOpen: 4, immediate: 8, again: 16 } as const;

/** Why a connection ended, by number (low byte of `detail` of a closed event). */
export const endCauses = [
  'Finished',
  'ClientGone',
  'ClientReset',
  'UpstreamReset',
  'IdleTimeout',
  'HalfClosedTimeout',
  'DecideTimeout',
  'Commanded',
  'Internal',
  'Stopped',
] as const;

export type EndCause = (typeof endCauses)[number];

/** Which side ended its stream first (second byte of `detail` of a closed event). */
export const firstEnds = ['Nobody', 'Client', 'Upstream'] as const;

export type FirstEnd = (typeof firstEnds)[number];

/** A phase time of a record that was never reached. */
export const notReached = 0xffffffff;

export interface RegionShape {
  readonly eventCapacity: number;
  readonly commandCapacity: number;
  readonly smallSlots: number;
  readonly largeSlots: number;
}

export const defaultShape: RegionShape = {
  eventCapacity: layout.eventCapacity,
  commandCapacity: layout.commandCapacity,
  smallSlots: layout.smallSlots,
  largeSlots: layout.largeSlots,
};

export function regionBytes(shape: RegionShape): number {
  return (
    layout.controlBytes +
    shape.eventCapacity * layout.eventBytes +
    shape.commandCapacity * layout.commandBytes +
    shape.smallSlots * layout.smallSlotBytes +
    shape.largeSlots * layout.largeSlotBytes
  );
}
