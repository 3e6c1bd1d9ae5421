/** Texts become numbers where they are kept or compared with each other: 52 bits, so that a double holds them exactly. */

const two32 = 4_294_967_296
const encoder = new TextEncoder()
/** Three bytes at most for a UTF-16 unit; grows with the longest text seen. */
let scratch = new Uint8Array(768)

/** 0 .. 2^52 - 1 for a text, over its UTF-8 bytes. Two texts meet by chance once in 2^52; not safe against an attacker. */
export function textHash(text: string): number {
  if (text.length * 3 > scratch.length) scratch = new Uint8Array(text.length * 3)
  return textHashOf(scratch, 0, encoder.encodeInto(text, scratch).written)
}

/** The same for the UTF-8 bytes from `start` to `end`. Two lanes, four bytes at a time; allocates nothing. */
export function textHashOf(bytes: Uint8Array, start: number, end: number): number {
  let a = 0x3c6ef372 ^ (end - start)
  let b = 0x510e527f
  let at = start
  for (; at + 4 <= end; at += 4) {
    const word =
      (bytes[at] as number) |
      ((bytes[at + 1] as number) << 8) |
      ((bytes[at + 2] as number) << 16) |
      ((bytes[at + 3] as number) << 24)
    a = Math.imul(a ^ word, 0x9e3779b1)
    a ^= a >>> 15
    b = Math.imul(((b << 13) | (b >>> 19)) + word, 0x85ebca6b)
    b ^= b >>> 13
  }
  let rest = 0
  for (let shift = 0; at < end; at++, shift += 8) rest |= (bytes[at] as number) << shift
  a = finish(Math.imul(a ^ rest, 0x9e3779b1) ^ b)
  b = finish(Math.imul(((b << 13) | (b >>> 19)) + rest, 0x85ebca6b) ^ a)
  return (a >>> 12) * two32 + (b >>> 0)
}

/** Every bit of the result depends on every bit of the value (the finish of MurmurHash3). */
function finish(value: number): number {
  let v = Math.imul(value ^ (value >>> 16), 0x85ebca6b)
  v = Math.imul(v ^ (v >>> 13), 0xc2b2ae35)
  return v ^ (v >>> 16)
}
