/**
 * Reads of network byte order for parsers that have already checked their bounds. Buffer.readUInt16BE would check again
 * and throw; these never throw. An index past the buffer reads 0, which no caller relies on.
 */

export function byteAt(bytes: Buffer, index: number): number {
  return bytes[index] ?? 0;
}

export function uint16At(bytes: Buffer, index: number): number {
  return (byteAt(bytes, index) << 8) | byteAt(bytes, index + 1);
}

export function uint24At(bytes: Buffer, index: number): number {
  return (byteAt(bytes, index) << 16) | uint16At(bytes, index + 1);
}
