/**
 * Digits as a phone number has them (7 to 15, perhaps with a plus, blanks, dots, brackets or dashes), not part of a word. A
 * pseudonym of letters and digits stays.
 */
const phoneLike = /(?<![\p{L}\p{N}_-])\+?\(?\d(?:[ ().-]{0,2}\d){6,14}(?![\p{L}\p{N}_])/gu

const mask = '•••'

/** A text in which what may be a phone number is hidden: a producer's wrong key, or a quotation of a record. */
export const maskedText = (text: string): string => text.replace(phoneLike, mask)

/** The same for every text in a decoded record. Bytes are told by their number. `all`: no text at all is shown. */
export function maskedValue(value: unknown, all = false): unknown {
  if (typeof value === 'string') return all ? mask : maskedText(value)
  if (typeof value === 'bigint') return Number(value)
  if (value instanceof Uint8Array) return `${value.length} bytes`
  if (Array.isArray(value)) return value.map((item) => maskedValue(item, all))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [maskedText(name), maskedValue(item, all)]))
}
