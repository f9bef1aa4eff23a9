/** A column of a table, grown; the memory of the smaller one is free at once, and who still has it sees nothing in it. */
type Column = Float64Array<ArrayBuffer> | Uint32Array<ArrayBuffer> | Uint8Array<ArrayBuffer>;

export function grownColumn<Of extends Column>(column: Of, length: number): Of {
  const bytes = column.buffer.transfer(length * column.BYTES_PER_ELEMENT);
  return new (column.constructor as new (buffer: ArrayBuffer) => Of)(bytes);
}
