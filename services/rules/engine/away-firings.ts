import { textHash } from '../text-hash.ts'
import { writeLong } from './words.ts'

/**
 * A firing of a rule that the ruleset hasn't got, or not where it was kept: what a rule has told it has told, also when it was
 * withdrawn and comes back. In the words of a record, four each:
 *   0     low word of the rule's hash
 *   1     high 20 bits of it | not told << 20
 *   2     low word of the time
 *   3     high 12 bits of it | minutes of `once` << 12, all bits set: for good
 * Rules are named by a hash, so that this says the same whatever layouts and names are forgotten.
 */
export interface AwayFiring {
  /** `textHash` of its id. */
  readonly rule: number
  readonly at: number
  /** How long it held the rule back, in milliseconds; Infinity: for good. */
  readonly once: number
  /** It was remembered, and nobody was told. */
  readonly isUntold: boolean
}

/** Kept of a subscriber; beyond, those go first that are over first. */
const mostKept = 256
const entryWords = 4
const two32 = 4_294_967_296
const minute = 60_000
/** As `once` in minutes; the greatest that a rule may have otherwise is 366 days. */
const forGood = 0xfffff
const untold = 1 << 20

export const hashOfRule = textHash

export const readAway = (words: Int32Array): AwayFiring[] =>
  Array.from({ length: words.length / entryWords }, (_, i) => {
    const p = i * entryWords
    const high = words[p + 1] as number
    const minutes = (words[p + 3] as number) >>> 12
    return {
      rule: (high & 0xfffff) * two32 + ((words[p] as number) >>> 0),
      at: ((words[p + 3] as number) & 0xfff) * two32 + ((words[p + 2] as number) >>> 0),
      once: minutes === forGood ? Number.POSITIVE_INFINITY : minutes * minute,
      isUntold: (high & untold) !== 0,
    }
  })

/** Parts of a minute count as a whole one. */
export function writeAway(firings: readonly AwayFiring[]): Int32Array {
  const words = new Int32Array(firings.length * entryWords)
  for (const [i, { rule, at, once, isUntold }] of firings.entries()) {
    const p = i * entryWords
    const minutes = Math.min(Math.ceil(once / minute), forGood)
    words[p] = (rule % two32) | 0
    words[p + 1] = Math.floor(rule / two32) | (isUntold ? untold : 0)
    writeLong(words, p + 2, at)
    words[p + 3] = (words[p + 3] as number) | (minutes << 12)
  }
  return words
}

/**
 * What may hold its rule back still; no event of before `oldest` can come any more. `pushedOut`: how many the bound took
 * away beside those.
 */
export function stillHolding(
  firings: readonly AwayFiring[],
  oldest: number,
): { readonly kept: AwayFiring[]; readonly pushedOut: number } {
  const holding = firings.filter(({ at, once }) => at + once > oldest)
  if (holding.length <= mostKept) return { kept: holding, pushedOut: 0 }
  const kept = holding.toSorted((a, b) => endOf(b) - endOf(a) || b.at - a.at).slice(0, mostKept)
  return { kept, pushedOut: holding.length - mostKept }
}

/** Infinity - Infinity isn't a number to sort by. */
const endOf = ({ at, once }: AwayFiring): number => Math.min(at + once, Number.MAX_SAFE_INTEGER)
