import { closest, distance } from 'fastest-levenshtein'

/** A longer name is no slip of the pen, and costs its length times that of each known one. */
const longest = 100

/**
 * The known name that was probably meant: the same in other letters' case, the nearest with its letters in another order,
 * or the nearest if a third at most differs.
 */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (known.length === 0 || given.length > longest) return undefined
  const otherCase = known.find((name) => name.toLowerCase() === given.toLowerCase())
  if (otherCase !== undefined) return otherCase
  const nearest = closest(given, known)
  const differing = distance(given, nearest)
  const isNear = differing <= Math.max(2, Math.floor(given.length / 3)) && 2 * differing < given.length
  return isNear || letters(given) === letters(nearest) ? nearest : undefined
}

/** `; did you mean 'x'?` where a known name is near enough to be meant, else ''. */
export function didYouMean(given: string, known: readonly string[]): string {
  const nearest = nearestName(given, known)
  return nearest === undefined ? '' : `; did you mean '${nearest}'?`
}

/** `didYouMean`, or all of the known names where they are few enough to be shown whole. */
export function didYouMeanOneOf(given: string, known: readonly string[]): string {
  return didYouMean(given, known) || (known.length > 0 && known.length <= 12 ? `; known: ${known.join(', ')}` : '')
}

const letters = (name: string): string => [...name].sort().join('')
