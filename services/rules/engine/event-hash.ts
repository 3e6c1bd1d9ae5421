/** The two halves that `hash64` made last. */
export const hashes = new Int32Array(2)

/**
 * 64 bits for an event's (source, event_id), into `hashes`: two lanes over the bytes, four at a time. Not against
 * somebody who looks for collisions; by chance two ids of one subscriber within the grace meet once in 2^54 or so.
 */
export function hash64(
  bytes: Uint8Array,
  sourceStart: number,
  sourceEnd: number,
  idStart: number,
  idEnd: number,
): void {
  hashes[0] = 0x2545f491 ^ (sourceEnd - sourceStart)
  hashes[1] = 0x1b873593 ^ (idEnd - idStart)
  mix(bytes, sourceStart, sourceEnd)
  mix(bytes, idStart, idEnd)
  hashes[0] = finish(hashes[0] as number)
  hashes[1] = finish((hashes[1] as number) ^ (hashes[0] as number))
}

function mix(bytes: Uint8Array, start: number, end: number): void {
  let first = hashes[0] as number
  let second = hashes[1] as number
  let p = start
  for (; p + 4 <= end; p += 4) {
    const word =
      (bytes[p] as number) |
      ((bytes[p + 1] as number) << 8) |
      ((bytes[p + 2] as number) << 16) |
      ((bytes[p + 3] as number) << 24)
    first = Math.imul(first ^ word, 0x9e3779b1)
    first ^= first >>> 15
    second = Math.imul(((second << 13) | (second >>> 19)) + word, 0x85ebca6b)
  }
  let word = end - p + 1
  for (; p < end; p++) word = (word << 8) | (bytes[p] as number)
  first = Math.imul(first ^ word, 0x9e3779b1)
  hashes[0] = first ^ (first >>> 15)
  hashes[1] = Math.imul(((second << 13) | (second >>> 19)) + word, 0x85ebca6b)
}

function finish(value: number): number {
  let v = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  v = Math.imul(v ^ (v >>> 13), 0xc2b2ae35)
  return v ^ (v >>> 16)
}
