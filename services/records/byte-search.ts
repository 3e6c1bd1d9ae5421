/** Whether the bytes from `start` to `end` hold the text that it was made for. */
export type ByteSearch = (bytes: Buffer, start: number, end: number) => boolean

/**
 * Looks for a text in UTF-8 at the beginning of others, at their end or anywhere, byte by byte and with no allocation. In
 * UTF-8 no letter begins within another one, so that bytes tell the same as letters.
 */
export function byteSearch(how: 'startsWith' | 'endsWith' | 'contains', text: string): ByteSearch {
  const sought = Buffer.from(text)
  const { length } = sought
  const isAt = (bytes: Buffer, at: number): boolean => {
    for (let i = 0; i < length; i++) if (bytes[at + i] !== sought[i]) return false
    return true
  }
  switch (how) {
    case 'startsWith':
      return (bytes, start, end) => end - start >= length && isAt(bytes, start)
    case 'endsWith':
      return (bytes, start, end) => end - start >= length && isAt(bytes, end - length)
    case 'contains':
      return (bytes, start, end) => {
        for (let at = start; at <= end - length; at++) if (isAt(bytes, at)) return true
        return false
      }
  }
}
