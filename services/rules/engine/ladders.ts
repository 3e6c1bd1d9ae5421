import type { EdgeLine } from './edge-search.ts'
import type { Layout } from './layout.ts'

/**
 * Edges over one number that are looked at together, each true from a line of its own on: upwards, or all downwards. Where they
 * stand is told by how many are true, in one word, however many they are. Lowest step first: the one that is true first.
 */
export type Ladder = readonly EdgeLine[]

/** Fewer latches need less than a ladder's word, or hardly more. */
const stepsLeast = 8

/**
 * The ladders among the edges of bundles. Only such become one of which records know all or none: those that came together,
 * or were together in a ladder before.
 * @param keyOf the key of a rule's edge: see `Layout`
 * @param before the layout of the ruleset before
 */
export function laddersOf(
  edgesOfBundles: Iterable<readonly EdgeLine[]>,
  keyOf: (rule: number) => string | undefined,
  before: Layout | undefined,
): readonly Ladder[] {
  const originOf = originsIn(before)
  return [...edgesOfBundles].flatMap((edges) => {
    const alike = Map.groupBy(edges, (edge) => {
      const origin = isStep(edge) ? originOf(keyOf(edge.rule) ?? '') : undefined
      return origin === undefined ? 'own' : `${isUpwards(edge)} ${edge.initial} ${origin}`
    })
    alike.delete('own')
    const ladders = [...alike.values()].filter(({ length }) => length >= stepsLeast)
    return ladders.map((steps) => steps.toSorted((a, b) => height(a) - height(b) || a.rule - b.rule))
  })
}

const isStep = ({ low, high, rearm }: EdgeLine): boolean =>
  rearm === undefined && Number.isFinite(low) !== Number.isFinite(high)

export const isUpwards = ({ high }: EdgeLine): boolean => high === Number.POSITIVE_INFINITY

/** Above the step's height the edge is true: of the number, downwards of its negative. */
export const height = (edge: EdgeLine): number => (isUpwards(edge) ? edge.low : -edge.high)

/** By key: the ladder that the edge was in, or that it is new; undefined: it had a latch of its own. */
function originsIn(before: Layout | undefined): (key: string) => number | 'new' | undefined {
  if (!before) return () => 'new'
  const { ladders = [], edges } = before
  let first = edges.length - ladders.reduce((sum, length) => sum + length, 0)
  const origins = new Map<string, number | undefined>(edges.map((key) => [key, undefined]))
  for (const [ladder, length] of ladders.entries()) {
    for (const key of edges.slice(first, first + length)) origins.set(key, ladder)
    first += length
  }
  return (key) => (origins.has(key) ? origins.get(key) : 'new')
}
