import type { ChainSearch } from './chain-search.ts'
import type { CompiledPattern } from './compile-patterns.ts'
import type { IdPool, MarkList } from './mark-list.ts'
import type { PatternState } from './pattern-state.ts'

/** How far a pattern has come, for people. Times in milliseconds since 1970. */
export interface PatternProgress {
  /**
   * The event steps in their order, and the times of the events that meet them: the longest beginning of a chain that can
   * still go on. Of a pattern with a key: for the value of the newest event.
   */
  readonly steps: readonly { readonly name: string; readonly times: number; readonly met: readonly number[] }[]
  /** A step would be met but for an event of this time, which is excluded in front, in between or by `unless`. */
  readonly cancelled: { readonly by: 'unless' | 'absence'; readonly at: number } | undefined
  /** Complete chains that wait for the absence at the end, the armed one first. */
  readonly waiting: readonly {
    readonly first: number
    readonly last: number
    readonly event_id: string
    readonly deadline: number
    /** When the grace of the deadline has passed, too. */
    readonly due: number
  }[]
  /** When it fired, as far as it is still remembered. */
  readonly fired: readonly number[]
}

type Lists = readonly (MarkList | undefined)[]

/** `time`: events after it are not looked at. */
export function progressOf(
  pattern: CompiledPattern,
  lists: Lists,
  state: PatternState | undefined,
  search: ChainSearch,
  pool: IdPool,
  time: number,
): PatternProgress {
  const { events, rule } = pattern
  // At `time` itself counts too.
  const now = time + 1
  const [low, high] = newestKey(pattern, lists, now)
  const reached = search.reach(pattern, events.length, now, low, high)
  const met = search.furthest(reached, now)
  const couldReach = search.reach(pattern, events.length, now, low, high, false)
  let place = 0
  const steps = rule.trigger.steps.flatMap((step) => {
    if (step.kind !== 'event') return []
    const from = place
    place += step.times
    return [{ name: step.name, times: step.times, met: met.slice(from, place) }]
  })
  const waiting = []
  for (let i = 0; state !== undefined && i < state.waiting.count; i++) {
    const deadline = state.deadlineOf(i)
    waiting.push({
      first: state.waiting.firsts[i] as number,
      last: state.waiting.times[i] as number,
      event_id: pool.text(state.waiting.tags[i] as number, state.waiting.ids[i] as number),
      deadline,
      due: deadline + pattern.grace,
    })
  }
  return {
    steps,
    cancelled: couldReach > reached ? newestCancel(pattern, lists, now, low, high) : undefined,
    waiting,
    fired: state === undefined ? [] : [...state.fired.times.subarray(0, state.fired.count)],
  }
}

function newestKey({ events }: CompiledPattern, lists: Lists, before: number): readonly [number, number] {
  let newest = Number.NEGATIVE_INFINITY
  let key: readonly [number, number] = [0, 0]
  for (const role of new Set(events)) {
    const list = lists[role]
    for (let i = 0; list !== undefined && i < list.count; i++) {
      const time = list.times[i] as number
      if (time >= before || time < newest) continue
      newest = time
      key = [list.lows[i] as number, list.highs[i] as number]
    }
  }
  return key
}

function newestCancel(
  { front, between, unless }: CompiledPattern,
  lists: Lists,
  before: number,
  low: number,
  high: number,
): PatternProgress['cancelled'] {
  const latest = (role: number): number => lists[role]?.latestBefore(before, low, high) ?? Number.NEGATIVE_INFINITY
  const byUnless = latest(unless)
  const byAbsence = Math.max(latest(front), ...[...between].map(latest))
  const at = Math.max(byUnless, byAbsence)
  return Number.isFinite(at) ? { by: byUnless >= byAbsence ? 'unless' : 'absence', at } : undefined
}
