/** Confluent wire format: byte 0, schema id (uint32, big endian), Avro body. */
export const headerBytes = 5

/** The schema id in the header of the record in [start, end); -1 where there is no such header. */
export function schemaIdOf(bytes: Buffer, start: number, end: number): number {
  return end - start >= headerBytes && bytes[start] === 0 ? bytes.readUInt32BE(start + 1) : -1
}

/** Writes the header to the beginning of `bytes`. */
export function writeHeader(bytes: Buffer, schemaId: number): void {
  bytes[0] = 0
  bytes.writeUInt32BE(schemaId, 1)
}
