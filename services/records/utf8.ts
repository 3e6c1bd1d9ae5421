/** Unicode characters (code points) in [start, end); -1 where that isn't well-formed UTF-8. Allocates nothing. */
export function utf8Characters(bytes: Uint8Array, start: number, end: number): number {
  let count = 0
  let at = start
  while (at < end) {
    const first = bytes[at] ?? 0
    count++
    at++
    if (first < 0x80) continue
    // Unicode 16, table 3-7: the range of the second byte depends on the first.
    let more: number
    let low = 0x80
    let high = 0xbf
    if (first >= 0xc2 && first <= 0xdf) more = 1
    else if (first >= 0xe0 && first <= 0xef) {
      more = 2
      if (first === 0xe0) low = 0xa0
      if (first === 0xed) high = 0x9f
    } else if (first >= 0xf0 && first <= 0xf4) {
      more = 3
      if (first === 0xf0) low = 0x90
      if (first === 0xf4) high = 0x8f
    } else return -1
    if (at + more > end) return -1
    for (; more > 0; more--) {
      const next = bytes[at++] ?? 0
      if (next < low || next > high) return -1
      low = 0x80
      high = 0xbf
    }
  }
  return count
}
