/** Which page of a list is asked for. */
export interface PageAsked {
  /** Items on it; 1 or more. */
  readonly limit: number
  /** What the page before gave as `after`; undefined: the first. */
  readonly after: string | undefined
}

/** What a page says beside its items. */
export interface PageFoot {
  /** Items on all pages together. */
  readonly matching: number
  /** Where the next page begins; null: this was the last. */
  readonly after: string | null
}

export interface Page<Item> extends PageFoot {
  readonly items: readonly Item[]
}

/**
 * A page of what was found. `placeOf`: a text that no two items share, and that stays what it is while pages are turned; the list goes
 * by it, rising or falling.
 */
export function pageOf<Item>(
  found: readonly Item[],
  placeOf: (item: Item) => string,
  order: 'rising' | 'falling',
  { limit, after }: PageAsked,
): Page<Item> {
  const isBefore = (a: string, b: string) => (order === 'rising' ? a < b : a > b)
  const placed = found
    .map((item) => ({ item, place: placeOf(item) }))
    .filter(({ place }) => after === undefined || isBefore(after, place))
    .sort((a, b) => (isBefore(a.place, b.place) ? -1 : 1))
  const page = placed.slice(0, limit)
  return {
    items: page.map(({ item }) => item),
    matching: found.length,
    after: placed.length <= limit ? null : (page.at(-1)?.place ?? null),
  }
}

/** A time in a place, so that texts are in the order of times. @param at milliseconds since 1970 */
export const timeInPlace = (at: number): string => String(at).padStart(15, '0')
