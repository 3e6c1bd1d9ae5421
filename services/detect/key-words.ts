/**
 * A key's bytes as 32-bit words, as they lie in memory, the last one filled up with zeros, into `words`; returns a hash of
 * them, whose every bit depends on all of them.
 */
export function keyWords(bytes: Uint8Array, start: number, end: number, words: Int32Array): number {
  let hash = end - start
  let n = 0
  let p = start
  for (; p + 4 <= end; p += 4) {
    const word =
      (bytes[p] as number) |
      ((bytes[p + 1] as number) << 8) |
      ((bytes[p + 2] as number) << 16) |
      ((bytes[p + 3] as number) << 24)
    words[n++] = word
    hash = Math.imul(hash ^ word, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  if (p < end) {
    let word = 0
    for (let shift = 0; p < end; p++, shift += 8) word |= (bytes[p] as number) << shift
    words[n] = word
    hash = Math.imul(hash ^ word, 0x9e3779b1)
    hash ^= hash >>> 15
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return hash ^ (hash >>> 16)
}
