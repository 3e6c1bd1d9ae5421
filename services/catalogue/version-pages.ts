import { CodedError } from '../domain/errors.ts'
import type { PublishedVersion } from './history.ts'

/** Versions in one answer, unless fewer are asked for. */
const pageMost = 100

export const pageQuery = {
  type: 'object',
  properties: {
    before: { type: 'integer', minimum: 1, description: 'number of a version: only older ones' },
    limit: {
      type: 'integer',
      minimum: 1,
      maximum: pageMost,
      description: `so many, ${pageMost} at most and by default`,
    },
  },
} as const

interface Page {
  /** The last one first. */
  readonly page: readonly PublishedVersion[]
  /** What `before` is to be for the next page; null: there is none. */
  readonly before: number | null
}

/** A page of versions, which stand in the order of their numbers. @throws CodedError KM_HTTP_QUERY */
export function pageOf(versions: readonly PublishedVersion[], query: Readonly<Record<string, unknown>>): Page {
  for (const name of Object.keys(query)) {
    if (!Object.hasOwn(pageQuery.properties, name)) {
      const known = Object.keys(pageQuery.properties).join(', ')
      throw new CodedError('KM_HTTP_QUERY', `'${name}' cannot be asked for here; known: ${known}`)
    }
  }
  const before = numberIn(query, 'before', Number.MAX_SAFE_INTEGER) ?? versions.length + 1
  const limit = numberIn(query, 'limit', pageMost) ?? pageMost
  const end = Math.min(versions.length, before - 1)
  const start = Math.max(0, end - limit)
  return { page: versions.slice(start, end).toReversed(), before: start > 0 ? start + 1 : null }
}

function numberIn(query: Readonly<Record<string, unknown>>, name: string, most: number): number | undefined {
  const text = query[name]
  if (text === undefined) return undefined
  const number = typeof text === 'string' && /^\d+$/.test(text) ? Number(text) : Number.NaN
  if (number >= 1 && number <= most) return number
  const range = most === Number.MAX_SAFE_INTEGER ? 'from 1 on' : `from 1 to ${most}`
  throw new CodedError('KM_HTTP_QUERY', `${name} is a whole number ${range}, not '${String(text)}'`)
}
