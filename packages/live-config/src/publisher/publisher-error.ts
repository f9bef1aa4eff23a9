/** Why a change was not published by this publisher. */

/** Another publisher has taken the range over; what it publishes is read from the truth. */
export class DeposedError extends Error {
  readonly code = 'SLUICE_PUBLISHER_DEPOSED';
  override readonly name = 'DeposedError';
  readonly epoch: number;

  constructor(range: string, epoch: number) {
    super(`publishing ${range}: another publisher has taken it over with epoch ${epoch} (it publishes the change)`);
    this.epoch = epoch;
  }
}

export class PublisherClosedError extends Error {
  readonly code = 'SLUICE_PUBLISHER_CLOSED';
  override readonly name = 'PublisherClosedError';

  constructor(range: string) {
    super(`publishing ${range}: the publisher was closed first (the next one publishes the change)`);
  }
}
