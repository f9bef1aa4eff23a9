/**
 * The JS end of one worker's rings: reads events, writes commands. No allocation per record. Only the decision isolate
 * uses it; a command for a connection that is gone is counted by the engine, not obeyed.
 */
import type { EventRecord } from './event-record.ts';
import { commandFlag, commandType, control, layout, type RegionShape } from './ring-layout.ts';

/** What a command needs to name a connection and the turn it answers. */
export interface ConnectionRef {
  readonly index: number;
  readonly generation: number;
  readonly seq: number;
  /** Comes back with every later event of the connection. */
  readonly tag: number;
  /** Where replies are written: `tailOffset` of the event that gave the turn. */
  readonly tailOffset: number;
}

export interface Dial {
  /** 4, 6, or 1 for a unix socket path. */
  readonly family: 1 | 4 | 6;
  readonly port: number;
  /** Four words whose memory is the address in network order. */
  readonly words: ArrayLike<number>;
  /** Family 1: the path's bytes, at most 107. */
  readonly path: Uint8Array | null;
  /** Client bytes that are not replayed. */
  readonly skip: number;
  /** Sent to the client once connected, before any upstream byte. */
  readonly reply: Uint8Array | null;
  readonly deadlineMs: number;
  readonly idleMs: number;
  readonly halfClosedMs: number;
  readonly halfClose: boolean;
  readonly fastOpen: boolean;
}

export interface Reply {
  readonly bytes: Uint8Array;
  /** Client bytes to forget. */
  readonly consume: number;
  /** 0: the running deadline stays. */
  readonly deadlineMs: number;
  /** The bytes left in the slot are not all parsed: the next event comes at once, without waiting for more. */
  readonly again: boolean;
}

export interface RelayPair {
  readonly clientFd: number;
  readonly upstreamFd: number;
  readonly listener: number;
  readonly tag: number;
  readonly idleMs: number;
  readonly halfClosedMs: number;
}

export interface ListenerSettings {
  readonly detectMs: number;
  readonly maxConnections: number;
  /** Ask at accept, without waiting for a byte. */
  readonly immediate: boolean;
}

const eventWords = layout.eventBytes / 4;
const commandWords = layout.commandBytes / 4;

export class WorkerPort {
  readonly number: number;
  /** The whole region; events point into it. Never write outside the reply area of one's own turn. */
  readonly bytes: Buffer;
  readonly #words: Uint32Array;
  readonly #doubles: Float64Array;
  readonly #control: Int32Array;
  readonly #shape: RegionShape;
  readonly #commandBase: number;
  readonly #kick: (worker: number) => void;
  #eventHead = 0;
  #commandTail = 0;
  #publishedTail = 0;

  constructor(number: number, region: SharedArrayBuffer, shape: RegionShape, kick: (worker: number) => void) {
    this.number = number;
    this.bytes = Buffer.from(region);
    this.#words = new Uint32Array(region);
    this.#doubles = new Float64Array(region);
    this.#control = new Int32Array(region, 0, layout.controlBytes / 4);
    this.#shape = shape;
    this.#commandBase = (layout.controlBytes + shape.eventCapacity * layout.eventBytes) / 4;
    this.#kick = kick;
  }

  /** How many events wait. Clears the wake-up mark first: an event published after this look wakes JS again. */
  pendingEvents(): number {
    Atomics.store(this.#control, control.jsAwake, 0);
    return (Atomics.load(this.#control, control.eventTail) - this.#eventHead) >>> 0;
  }

  /** Copies the next event into `event`. Only after pendingEvents said there is one. */
  nextEvent(event: EventRecord): void {
    const at = layout.controlBytes / 4 + (this.#eventHead & (this.#shape.eventCapacity - 1)) * eventWords;
    const first = this.#word(at);
    event.type = first & 0xff;
    event.seq = (first >>> 8) & 0xff;
    event.listener = first >>> 16;
    event.index = this.#word(at + 1);
    event.generation = this.#word(at + 2);
    event.tag = this.#word(at + 3);
    event.offset = this.#word(at + 4);
    event.length = this.#word(at + 5);
    event.detail = this.#word(at + 6);
    const peer = this.#word(at + 7);
    event.peerPort = peer & 0xffff;
    event.peerFamily = peer >>> 16;
    for (let i = 0; i < 4; i++) event.peerWords[i] = this.#word(at + 8 + i);
    event.fd = this.#word(at + 12) | 0;
    event.decidedUs = this.#word(at + 13);
    event.connectedUs = this.#word(at + 14);
    event.firstByteUs = this.#word(at + 15);
    event.sinceAcceptUs = this.#double(at + 16);
    event.bytesUp = this.#double(at + 18);
    event.bytesDown = this.#double(at + 20);
    event.tailOffset = this.#word(at + 22);
    this.#eventHead = (this.#eventHead + 1) >>> 0;
  }

  /** Hands the places of the events read so far back to the worker. */
  acknowledgeEvents(): void {
    Atomics.store(this.#control, control.eventHead, this.#eventHead | 0);
  }

  /** Publishes the commands written so far and wakes the worker if it sleeps. */
  flush(): void {
    if (this.#commandTail === this.#publishedTail) return;
    this.#publishedTail = this.#commandTail;
    Atomics.store(this.#control, control.commandTail, this.#commandTail | 0);
    if (Atomics.exchange(this.#control, control.sleeping, 0) === 1) this.#kick(this.number);
  }

  /**
   * Commands that may be written unasked (closes at the end of a drain). Answers to turns always have room: a slot is in
   * flight for each, and the ring holds twice as many records as there are slots.
   */
  freeUnaskedCommands(): number {
    const head = Atomics.load(this.#control, control.commandHead);
    const used = (this.#commandTail - head) >>> 0;
    return this.#shape.commandCapacity - this.#shape.smallSlots - this.#shape.largeSlots - used;
  }

  /** Whether commands wait that no flush has published. */
  hasUnpublished(): boolean {
    return this.#commandTail !== this.#publishedTail;
  }

  read(ref: ConnectionRef, deadlineMs: number): void {
    const at = this.#begin(commandType.read, ref, 0);
    this.#words[at + 11] = deadlineMs;
  }

  /** Sends up to 512 bytes, forgets `consume` client bytes, and waits for more. */
  reply(ref: ConnectionRef, reply: Reply): void {
    const at = this.#begin(commandType.reply, ref, reply.again ? commandFlag.again : 0);
    this.#words[at + 4] = reply.consume;
    this.#words[at + 5] = this.#writeReply(ref, reply.bytes);
    this.#words[at + 11] = reply.deadlineMs;
  }

  connect(ref: ConnectionRef, dial: Dial): void {
    const flags = (dial.halfClose ? 0 : commandFlag.noHalfClose) | (dial.fastOpen ? commandFlag.fastOpen : 0);
    const at = this.#begin(commandType.connect, ref, flags);
    const words = this.#words;
    words[at + 4] = dial.skip;
    words[at + 5] = dial.reply === null ? 0 : this.#writeReply(ref, dial.reply);
    words[at + 6] = dial.port | (dial.family << 16);
    if (dial.path === null) {
      for (let i = 0; i < 4; i++) words[at + 7 + i] = dial.words[i] ?? 0;
    } else {
      this.bytes.set(dial.path.subarray(0, layout.slotPathBytes), ref.tailOffset + layout.slotReplyBytes);
      words[at + 7] = dial.path.length;
    }
    words[at + 11] = dial.deadlineMs;
    words[at + 12] = dial.idleMs;
    words[at + 13] = dial.halfClosedMs;
  }

  /** Sends the client what it sent, without the first `skip` bytes. */
  echo(ref: ConnectionRef, skip: number, idleMs: number): void {
    const at = this.#begin(commandType.echo, ref, 0);
    this.#words[at + 4] = skip;
    this.#words[at + 12] = idleMs;
  }

  /** Ends the connection: FIN behind the reply, or a reset. Without a turn (`reply` null) it ends one that relays. */
  close(ref: ConnectionRef, reply: Uint8Array | null, reset: boolean): void {
    const at = this.#begin(commandType.close, ref, reset ? commandFlag.reset : 0);
    this.#words[at + 5] = reply === null ? 0 : this.#writeReply(ref, reply);
  }

  /** Asks for the descriptor; it comes with a detached event, whose turn `release` ends. */
  detach(ref: ConnectionRef): void {
    this.#begin(commandType.detach, ref, 0);
  }

  release(ref: ConnectionRef): void {
    this.#begin(commandType.release, ref, 0);
  }

  /** Hands two connected descriptors to the engine, which owns them from then on; a moved event names the connection. */
  relay(pair: RelayPair): void {
    const at = this.#next(commandType.relay);
    const words = this.#words;
    words[at + 1] = pair.listener;
    words[at + 3] = pair.tag;
    words[at + 12] = pair.idleMs;
    words[at + 13] = pair.halfClosedMs;
    words[at + 14] = pair.clientFd;
    words[at + 15] = pair.upstreamFd;
  }

  addListener(listener: number, ordinal: number, fd: number): void {
    const at = this.#next(commandType.addListener);
    this.#words[at + 1] = listener;
    this.#words[at + 2] = ordinal;
    this.#words[at + 14] = fd;
  }

  setListener(listener: number, settings: ListenerSettings): void {
    const at = this.#next(commandType.setListener);
    if (settings.immediate) this.#words[at] = (this.#words[at] ?? 0) | (commandFlag.immediate << 16);
    this.#words[at + 1] = listener;
    this.#words[at + 3] = settings.maxConnections;
    this.#words[at + 11] = settings.detectMs;
  }

  /** Accepts what is queued, closes the socket, and answers with a listenerClosed event. */
  removeListener(listener: number, ordinal: number): void {
    const at = this.#next(commandType.removeListener);
    this.#words[at + 1] = listener;
    this.#words[at + 2] = ordinal;
  }

  /** Answered by a fenced event with this tag when every command before it has been obeyed. */
  fence(tag: number): void {
    this.#words[this.#next(commandType.fence) + 3] = tag;
  }

  pauseAccept(listener: number): void {
    this.#words[this.#next(commandType.pauseAccept) + 1] = listener;
  }

  resumeAccept(listener: number): void {
    this.#words[this.#next(commandType.resumeAccept) + 1] = listener;
  }

  #word(at: number): number {
    return this.#words[at] ?? 0;
  }

  /** `at` in words. */
  #double(at: number): number {
    return this.#doubles[at >>> 1] ?? 0;
  }

  #begin(type: number, ref: ConnectionRef, flags: number): number {
    const at = this.#next(type);
    const words = this.#words;
    words[at] = type | (ref.seq << 8) | (flags << 16);
    words[at + 1] = ref.index;
    words[at + 2] = ref.generation;
    words[at + 3] = ref.tag;
    return at;
  }

  /** Word index of a cleared command record. */
  #next(type: number): number {
    const head = Atomics.load(this.#control, control.commandHead);
    if ((this.#commandTail - head) >>> 0 >= this.#shape.commandCapacity)
      throw new RangeError('the command ring is full');
    const at = this.#commandBase + (this.#commandTail & (this.#shape.commandCapacity - 1)) * commandWords;
    this.#words.fill(0, at, at + commandWords);
    this.#words[at] = type;
    this.#commandTail = (this.#commandTail + 1) >>> 0;
    return at;
  }

  #writeReply(ref: ConnectionRef, bytes: Uint8Array): number {
    if (bytes.length > layout.slotReplyBytes) throw new RangeError('a reply has at most 512 bytes');
    this.bytes.set(bytes, ref.tailOffset);
    return bytes.length;
  }
}
