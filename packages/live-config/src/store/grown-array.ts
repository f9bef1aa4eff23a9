/** An array of numbers, grown; the memory of the smaller one is free at once, and who still has it sees nothing in it. */
type Numbers = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

export function grownArray<Of extends Numbers>(array: Of, length: number): Of {
  const bytes = array.buffer.transfer(length * array.BYTES_PER_ELEMENT);
  return new (array.constructor as new (buffer: ArrayBuffer) => Of)(bytes);
}
