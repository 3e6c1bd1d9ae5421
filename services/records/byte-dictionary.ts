/** The number given to the string whose UTF-8 bytes lie at [start, start + length); -1 for another. Allocates nothing. */
export type ByteDictionary = (bytes: Uint8Array, start: number, length: number) => number

/** Finds strings by their bytes: open addressing, at most half full. Numbers are whole, from 0. */
export function byteDictionary(words: ReadonlyMap<string, number>): ByteDictionary {
  let capacity = 8
  while (capacity < 2 * words.size) capacity *= 2
  const mask = capacity - 1
  const numbers = new Float64Array(capacity).fill(-1)
  const starts = new Int32Array(capacity)
  const lengths = new Int32Array(capacity).fill(-1)
  const all = Buffer.from([...words.keys()].join(''))
  let start = 0
  for (const [word, number] of words) {
    const length = Buffer.byteLength(word)
    let slot = hash(all, start, length) & mask
    while ((lengths[slot] ?? -1) >= 0) slot = (slot + 1) & mask
    numbers[slot] = number
    starts[slot] = start
    lengths[slot] = length
    start += length
  }

  return function lookup(bytes, from, length) {
    let slot = hash(bytes, from, length) & mask
    for (;;) {
      const candidate = lengths[slot] ?? -1
      if (candidate < 0) return -1
      if (candidate === length) {
        const at = starts[slot] ?? 0
        let i = 0
        while (i < length && all[at + i] === bytes[from + i]) i++
        if (i === length) return numbers[slot] ?? -1
      }
      slot = (slot + 1) & mask
    }
  }
}

function hash(bytes: Uint8Array, start: number, length: number): number {
  let value = length
  for (let i = 0; i < length; i++) value = (Math.imul(value, 31) + (bytes[start + i] ?? 0)) | 0
  return value ^ (value >>> 11)
}
