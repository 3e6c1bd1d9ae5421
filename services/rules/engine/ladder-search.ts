import { height, isUpwards, type Ladder } from './ladders.ts'
import { countTo, type LineSearch } from './line-search.ts'
import type { RuleHost } from './rule-host.ts'
import { ladderWord, trueInLadder } from './rule-states.ts'

/** Moves a ladder to where a value (not NaN) stands, and tells the host of the edges in between that cross, in the order of rules. */
export function searchLadder(ladder: Ladder, word: number, host: RuleHost): LineSearch {
  const heights = Float64Array.from(ladder, height)
  const rules = Int32Array.from(ladder, ({ rule }) => rule)
  const [first] = ladder
  const sign = first && isUpwards(first) ? 1 : -1
  const isInitial = first?.initial === true
  return (value, at) => {
    const { states } = host
    const before = states.at < 0 ? 0 : (states.words[states.at + word] as number)
    const count = countTo(heights, sign * value)
    const now = ladderWord(count)
    if (now === before) return
    if (host.isBefore) {
      if (before > now) host.setLatches(word, -1, now)
      return
    }
    host.setLatches(word, -1, now)
    const from = before === 0 ? (isInitial ? 0 : count) : trueInLadder(before)
    if (from >= count) return
    const crossed = rules.slice(from, count).sort()
    host.evaluations += crossed.length
    for (let i = 0; i < crossed.length; i++) host.fire(crossed[i] as number, at)
  }
}
