/**
 * One event of the engine, filled anew for each record: handlers read it while they run and keep no reference.
 */
export class EventRecord {
  type = 0;
  seq = 0;
  listener = 0;
  index = 0;
  generation = 0;
  tag = 0;
  /** Byte offset of the client's bytes in the port's `bytes`. */
  offset = 0;
  length = 0;
  /** Data: dataFlag bits. ConnectFailed: errno. Closed: cause | first end << 8. ListenerClosed: ordinal. */
  detail = 0;
  peerPort = 0;
  /** 4, 6; 1 for a unix socket; 0 unknown. */
  peerFamily = 0;
  /** Four words whose memory is the address in network order. */
  readonly peerWords: Uint32Array = new Uint32Array(4);
  fd = -1;
  /** Microseconds since accept, or notReached. */
  decidedUs = 0;
  connectedUs = 0;
  firstByteUs = 0;
  sinceAcceptUs = 0;
  bytesUp = 0;
  bytesDown = 0;
  /** Byte offset of the slot's reply area. */
  tailOffset = 0;
}
