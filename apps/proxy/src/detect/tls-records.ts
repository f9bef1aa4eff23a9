/**
 * The TLS record layer as far as a first flight needs it: one handshake message out of the records it is spread over
 * (RFC 8446 section 5.1). Knows nothing of what the message says. Record versions are 3.x of any minor: "MUST be ignored".
 */
import { byteAt, uint16At } from './byte-at.ts';
import type { Verdict } from './detection.ts';
import { decided, needMore, notThis } from './verdict.ts';

/** In place of a position: the bytes end before it; it can never be. */
export const incomplete = -1;
export const broken = -2;

export const recordHeaderBytes = 5;

const handshakeRecord = 22;
const majorVersion = 3;
const maxRecordBytes = 16_384;
const messageHeaderBytes = 4;

/**
 * Records one message may be cut into: each call walks them from the start, so this bounds what a byte-wise sender makes
 * us spend (26 us a call, measured). It lets a 4 KB hello come in records of one byte and a 64 KB one in records of 16.
 */
const maxRecords = 4096;

/**
 * Where the handshake record at `start` ends (maybe beyond `end`), or `incomplete`, or `broken`: another type, a version
 * that is not 3.x, longer than 2^14, or empty ("MUST NOT send zero-length fragments of Handshake types").
 */
export function handshakeRecordEnd(bytes: Buffer, start: number, end: number): number {
  if (start >= end) return incomplete;
  if (byteAt(bytes, start) !== handshakeRecord) return broken;
  if (start + 1 >= end) return incomplete;
  if (byteAt(bytes, start + 1) !== majorVersion) return broken;
  if (start + recordHeaderBytes > end) return incomplete;
  const length = uint16At(bytes, start + 3);
  return length === 0 || length > maxRecordBytes ? broken : start + recordHeaderBytes + length;
}

/** A copy of the one message (header and body) that begins with the record at `start`, once all of it is there. */
export function joinHandshakeRecords(bytes: Buffer, start: number, end: number): Verdict<Buffer> {
  // The length is in bytes 1 to 3 of the message, each of which may lie in a record of its own.
  let messageBytes = messageHeaderBytes;
  let messageHeader = 0;
  let joinedBytes = 0;
  let position = start;
  for (let records = 0; joinedBytes < messageBytes; records++) {
    if (records === maxRecords) return notThis;
    const recordEnd = handshakeRecordEnd(bytes, position, end);
    if (recordEnd < 0) return recordEnd === incomplete ? needMore : notThis;
    if (recordEnd > end) return needMore;
    const content = position + recordHeaderBytes;
    if (joinedBytes < messageHeaderBytes) {
      const headerEnd = Math.min(recordEnd, content + messageHeaderBytes - joinedBytes);
      for (let index = content; index < headerEnd; index++) messageHeader = (messageHeader << 8) | byteAt(bytes, index);
      if (headerEnd - content + joinedBytes === messageHeaderBytes) messageBytes += messageHeader & 0xffffff;
    }
    joinedBytes += recordEnd - content;
    position = recordEnd;
  }
  return decided(copyMessage(bytes, start, messageBytes));
}

/** Byte by byte: records may hold one byte each, and a native copy costs as much as fifty bytes here. */
function copyMessage(bytes: Buffer, start: number, messageBytes: number): Buffer {
  const message = Buffer.allocUnsafe(messageBytes);
  let filled = 0;
  let position = start;
  while (filled < messageBytes) {
    const content = position + recordHeaderBytes;
    position = content + uint16At(bytes, position + 3);
    for (let index = content; index < position && filled < messageBytes; index++) {
      message[filled++] = byteAt(bytes, index);
    }
  }
  return message;
}
