import { distance } from 'fastest-levenshtein'

/** The known name that was probably meant: the nearest, if at most a third of it (or two letters) differs. */
export function nearestName(given: string, known: readonly string[]): string | undefined {
  if (given.length > 100) return undefined
  let best: string | undefined
  let least = Math.max(2, Math.floor(given.length / 3)) + 1
  for (const name of known) {
    const away = distance(given, name)
    if (away < least) {
      best = name
      least = away
    }
  }
  return best
}
