import { isMap, isScalar, isSeq, parseAllDocuments, type YAMLMap } from 'yaml'

/** What was measured of a factor, as the catalogue keeps it. */
export interface Measured {
  /** YYYY-MM-DD */
  readonly at: string
  readonly subscribers: number
  readonly thresholds: readonly number[]
}

/**
 * The text of a file of factors in which one has been measured: all else stays as it was written, comments too. undefined: the
 * factor isn't in it, or has no quantiles.
 */
export function withMeasured(text: string, factor: string, measured: Measured): string | undefined {
  const quantiles = quantilesOf(text, factor)
  if (!quantiles?.range) return undefined
  const words = wordsOf(measured)
  const known = quantiles.items.find(({ key }) => isScalar(key) && key.value === 'measured')?.value
  const [, end] = quantiles.range
  if (isMap(known) && known.range) {
    const [from, to] = known.range
    return text.slice(0, from) + words + text.slice(to - trailing(text.slice(from, to)))
  }
  if (quantiles.flow) {
    const inside = text.slice(0, end - 1)
    return `${inside.trimEnd().replace(/,$/, '')}, measured: ${words}${inside.slice(inside.trimEnd().length)}${text.slice(end - 1)}`
  }
  const [start] = quantiles.range
  const indent = start - (text.lastIndexOf('\n', start - 1) + 1)
  const lastEnd = end - trailing(text.slice(start, end))
  const newline = text.indexOf('\n', lastEnd)
  const at = newline < 0 ? text.length : newline
  return `${text.slice(0, at)}\n${' '.repeat(indent)}measured: ${words}${text.slice(at)}`
}

const wordsOf = ({ at, subscribers, thresholds }: Measured): string =>
  `{ at: ${at}, subscribers: ${subscribers}, thresholds: [${thresholds.join(', ')}] }`

/** White space at the end of a block belongs to no value. */
const trailing = (text: string): number => text.length - text.trimEnd().length

function quantilesOf(text: string, factor: string): YAMLMap | undefined {
  const documents = parseAllDocuments(text, { prettyErrors: false, stringKeys: true, merge: false })
  const items = (Array.isArray(documents) ? documents : []).flatMap(({ contents }) =>
    isSeq(contents) ? contents.items : [contents],
  )
  const item = items.find((one) => isMap(one) && idOf(one) === factor)
  const quantiles = isMap(item) ? item.get('quantiles', true) : undefined
  return isMap(quantiles) ? quantiles : undefined
}

const idOf = (item: YAMLMap): unknown => item.get('id')
