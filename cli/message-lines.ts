import type { Policy } from '../services/rules/catalogue.ts'
import type { MessageSize } from '../services/rules/templates/message-sizes.ts'
import { columns } from './columns.ts'

const encodings = { gsm7: 'GSM 03.38', ucs2: 'UCS-2' }

const range = (least: number, most: number): string => (least === most ? `${most}` : `${least}-${most}`)

/** A line for each text: encoding, least and greatest length, parts. */
export const messageLines = (sizes: readonly MessageSize[]): readonly string[] =>
  columns([
    ['offer', 'language', 'encoding', 'length', 'parts'],
    ...sizes.map(({ offer, language, encoding, least, greatest }) => [
      offer,
      language,
      encodings[encoding],
      range(Math.min(least.length, greatest.length), Math.max(least.length, greatest.length)),
      range(least.parts, greatest.parts),
    ]),
  ])

/** All texts in a line. */
export function messageSummary(sizes: readonly MessageSize[]): string {
  const least = Math.min(...sizes.map((size) => size.least.parts))
  const most = Math.max(...sizes.map((size) => size.greatest.parts))
  return `${sizes.length} texts of ${range(least, most)} parts by SMS; --messages lists them`
}

/** Of the texts that take more parts than the policy would have. */
export const longMessages = (sizes: readonly MessageSize[], { segmentsMost = Infinity }: Policy): readonly string[] =>
  sizes.flatMap(({ offer, language, encoding, greatest, text }) =>
    greatest.parts > segmentsMost
      ? [
          `warning: offer ${offer} in '${language}' takes up to ${greatest.parts} parts (${greatest.length} of ${encodings[encoding]}), and segments_most is ${segmentsMost}: ${text}`,
        ]
      : [],
  )
