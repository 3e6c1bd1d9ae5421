/** Values in 32-bit words: a time or an int is low word, high word; exact for whole numbers up to 2^53 in size. */
const two32 = 4_294_967_296

export const readLong = (words: Int32Array, at: number): number =>
  (words[at + 1] as number) * two32 + ((words[at] as number) >>> 0)

export function writeLong(words: Int32Array, at: number, value: number): void {
  const high = Math.floor(value / two32)
  words[at] = (value - high * two32) | 0
  words[at + 1] = high
}

const double = new Float64Array(1)
const halves = new Int32Array(double.buffer)

export function readDouble(words: Int32Array, at: number): number {
  halves[0] = words[at] as number
  halves[1] = words[at + 1] as number
  return double[0] as number
}

export function writeDouble(words: Int32Array, at: number, value: number): void {
  double[0] = value
  words[at] = halves[0] as number
  words[at + 1] = halves[1] as number
}

/** Words that hold `bytes` bytes. */
export const wordsFor = (bytes: number): number => (bytes + 3) >> 2

/** Packs bytes into words, little-endian, the last one filled up with zeros; returns the place behind them. */
export function writeBytes(words: Int32Array, at: number, bytes: Uint8Array, start: number, end: number): number {
  let i = at
  let p = start
  for (; p + 4 <= end; p += 4) {
    words[i++] =
      (bytes[p] as number) |
      ((bytes[p + 1] as number) << 8) |
      ((bytes[p + 2] as number) << 16) |
      ((bytes[p + 3] as number) << 24)
  }
  if (p < end) {
    let word = 0
    for (let shift = 0; p < end; p++, shift += 8) word |= (bytes[p] as number) << shift
    words[i++] = word
  }
  return i
}

export function readBytes(words: Int32Array, at: number, length: number): Buffer {
  return Buffer.from(words.buffer as ArrayBuffer, words.byteOffset + at * 4, length)
}

/** Order of the bytes from `start` to `end` against `length` bytes held in words: negative, 0 or positive. */
export function compareBytes(
  bytes: Uint8Array,
  start: number,
  end: number,
  words: Int32Array,
  at: number,
  length: number,
): number {
  const own = end - start
  const shorter = Math.min(own, length)
  for (let i = 0; i < shorter; i++) {
    const difference = (bytes[start + i] as number) - (((words[at + (i >> 2)] as number) >>> ((i & 3) << 3)) & 0xff)
    if (difference !== 0) return difference
  }
  return own - length
}

export function bitCount(value: number): number {
  let v = value - ((value >>> 1) & 0x55555555)
  v = (v & 0x33333333) + ((v >>> 2) & 0x33333333)
  return Math.imul((v + (v >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24
}

let viewed: Uint8Array = new Uint8Array(0)
let view = new DataView(viewed.buffer)

/** Copies `length` bytes out of words. For some hundred bytes at a time: Buffer.copy's way into native code costs more. */
export function copyBytes(words: Int32Array, from: number, target: Uint8Array, at: number, length: number): void {
  if (target !== viewed) {
    viewed = target
    view = new DataView(target.buffer, target.byteOffset, target.byteLength)
  }
  const whole = length >> 2
  for (let i = 0, to = at; i < whole; i++, to += 4) view.setInt32(to, words[from + i] as number, true)
  for (let i = whole << 2; i < length; i++) {
    target[at + i] = ((words[from + (i >> 2)] as number) >>> ((i & 3) << 3)) & 0xff
  }
}

/** Four at a time: the loop costs as much as the words. */
export function copyWords(source: Int32Array, from: number, target: Int32Array, to: number, length: number): void {
  let i = 0
  for (; i + 4 <= length; i += 4) {
    target[to + i] = source[from + i] as number
    target[to + i + 1] = source[from + i + 1] as number
    target[to + i + 2] = source[from + i + 2] as number
    target[to + i + 3] = source[from + i + 3] as number
  }
  for (; i < length; i++) target[to + i] = source[from + i] as number
}
