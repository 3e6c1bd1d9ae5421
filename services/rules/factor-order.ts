/** A factor and the factors that it is computed from. */
export interface Dependent {
  readonly id: string
  readonly reads: ReadonlySet<string>
}

/**
 * Each behind those that it reads, otherwise in the order given. What reads itself, directly or through others, or reads
 * such a one, isn't in the order; each circle is told once, from its first member on.
 */
export function orderByReads<Item extends Dependent>(
  items: readonly Item[],
): { readonly order: readonly Item[]; readonly circles: readonly (readonly Item[])[] } {
  const byId = new Map(items.map((item) => [item.id, item]))
  const waitsFor = new Map<Item, number>()
  const readers = new Map<Item, Item[]>()
  for (const item of items) {
    const read = [...item.reads].map((id) => byId.get(id)).filter((each) => each !== undefined)
    waitsFor.set(item, read.length)
    for (const each of read) readers.set(each, [...(readers.get(each) ?? []), item])
  }
  const order = items.filter((item) => waitsFor.get(item) === 0)
  for (const item of order) {
    for (const reader of readers.get(item) ?? []) {
      const left = (waitsFor.get(reader) ?? 0) - 1
      waitsFor.set(reader, left)
      if (left === 0) order.push(reader)
    }
  }
  const ordered = new Set(order)
  return { order, circles: circlesAmong(items.filter((item) => !ordered.has(item))) }
}

/** Every item given reads at least one of the others, so that a walk along what is read comes round. */
function circlesAmong<Item extends Dependent>(items: readonly Item[]): Item[][] {
  const byId = new Map(items.map((item) => [item.id, item]))
  const seen = new Set<Item>()
  const circles: Item[][] = []
  for (const start of items) {
    const walked: Item[] = []
    let item: Item | undefined = start
    while (item && !seen.has(item)) {
      seen.add(item)
      walked.push(item)
      const next: string | undefined = [...item.reads].find((id) => byId.has(id))
      item = next === undefined ? undefined : byId.get(next)
    }
    const from = item ? walked.indexOf(item) : -1
    if (from >= 0) circles.push(inFirstOrder(walked.slice(from), items))
  }
  return circles
}

/** The same circle, beginning with the member that stands first. */
function inFirstOrder<Item>(circle: readonly Item[], items: readonly Item[]): Item[] {
  const places = circle.map((item) => items.indexOf(item))
  const first = places.indexOf(Math.min(...places))
  return [...circle.slice(first), ...circle.slice(0, first)]
}
