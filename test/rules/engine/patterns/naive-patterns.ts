import type { PatternRule } from '../../../../services/rules/engine/patterns/compile-patterns.ts'
import type { PatternFiring } from '../../../../services/rules/engine/patterns/pattern-book.ts'
import type { EventMatch, PatternStep } from '../../../../services/rules/ruleset.ts'
import { type NotedEvent, typeNamed, typeNumber } from './notation.ts'

type Absence = Extract<PatternStep, { kind: 'absence' }>

/** The judge of the book: keeps every event and tries every chain of them. */
export class NaivePatterns {
  readonly firings: PatternFiring[] = []
  private readonly rules: readonly PatternRule[]
  private readonly isRefused: (firing: PatternFiring) => boolean
  private readonly events: NotedEvent[] = []
  private readonly seen = new Map<PatternRule, { at: number; key: string; fired: boolean }[]>()

  constructor(rules: readonly PatternRule[], isRefused: (firing: PatternFiring) => boolean) {
    this.rules = rules
    this.isRefused = isRefused
  }

  /** Everything that the events so far complete and that did not fire. */
  send(event: NotedEvent): void {
    this.events.push(event)
    this.events.sort(inOrder)
    const complete = this.rules.flatMap((rule) =>
      trailing(rule) ? [] : this.chains(rule).map((chain) => ({ rule, at: chain.at(-1)?.time ?? 0, chain })),
    )
    complete.sort((a, b) => a.at - b.at || a.rule.index - b.rule.index)
    for (const { rule, at, chain } of complete) this.fire(rule, at, chain, timesOf(chain))
  }

  /** The absences at the end over all events, as if they had come in order. */
  absences(): PatternFiring[] {
    this.firings.length = 0
    for (const rule of this.rules) {
      const absence = trailing(rule)
      if (!absence) continue
      const decided = new Map<string, number>()
      const deadlines: { at: number; chain: NotedEvent[] }[] = []
      for (const chain of this.chains(rule)) {
        const [first, last] = [chain[0], chain.at(-1)]
        if (!first || !last) continue
        const key = keyOf(rule, last)
        const at = last.time + (absence.length ?? 0)
        if (last.time < (decided.get(key) ?? Number.NEGATIVE_INFINITY)) continue
        const isSame = (event: NotedEvent) => keyOf(rule, event) === key
        const answered = this.events.some(
          (event) =>
            isSame(event) &&
            event.time < at &&
            ((matches(absence.any, event) && (absence.fromStart ? event.time >= last.time : event.time > last.time)) ||
              (matches(rule.trigger.unless, event) && event.time > first.time)),
        )
        if (answered) continue
        decided.set(key, at)
        deadlines.push({ at, chain })
      }
      deadlines.sort((a, b) => a.at - b.at)
      for (const { at, chain } of deadlines) {
        const times = timesOf(chain)
        this.fire(rule, at, chain, [...new Set([times[0] ?? 0, times.at(-1) ?? 0])])
      }
    }
    return this.firings
  }

  private fire(rule: PatternRule, at: number, chain: readonly NotedEvent[], times: readonly number[]): void {
    const seen = this.seen.get(rule) ?? []
    this.seen.set(rule, seen)
    const once = rule.once === 'lifetime' ? Number.POSITIVE_INFINITY : rule.once
    const end = chain.at(-1)
    const key = end ? keyOf(rule, end) : ''
    const excludes = (other: (typeof seen)[number]) =>
      (other.at === at && other.key === key) || (other.fired && Math.abs(other.at - at) < once)
    if (seen.some(excludes)) return
    const firing = { rule: rule.index, at, occurrence: chain.at(-1)?.id ?? '', times }
    const fired = !this.isRefused(firing)
    seen.push({ at, key, fired })
    if (fired) this.firings.push(firing)
  }

  /** Of each event that completes the steps, in order: the chain whose events lie closest before it. */
  private chains(rule: PatternRule): NotedEvent[][] {
    const places: { any: readonly EventMatch[]; absent: Absence | undefined }[] = []
    let absent: Absence | undefined
    for (const step of rule.trigger.steps) {
      if (step.kind === 'absence') absent = step
      else {
        for (let i = 0; i < step.times; i++) places.push({ any: step.any, absent: i === 0 ? absent : undefined })
        absent = undefined
      }
    }
    const within = rule.trigger.within ?? Number.POSITIVE_INFINITY
    return this.events.flatMap((last) => {
      const key = keyOf(rule, last)
      if (key === '') return []
      const events = this.events.filter((event) => keyOf(rule, event) === key)
      const none = (any: readonly EventMatch[], after: number, before: number) =>
        !events.some((event) => matches(any, event) && event.time > after && event.time < before)
      const longest = (i: number, end: NotedEvent): NotedEvent[] | undefined => {
        const place = places[i]
        if (!place || !matches(place.any, end)) return undefined
        if (i === 0) {
          if (place.absent && !none(place.absent.any, end.time - (place.absent.length ?? 0), end.time)) return undefined
          if (last.time >= end.time + within && places.length > 1) return undefined
          return none(rule.trigger.unless, end.time, last.time) ? [end] : undefined
        }
        for (const before of events.filter(({ time }) => time < end.time && time > last.time - within).reverse()) {
          if (place.absent && !none(place.absent.any, before.time, end.time)) continue
          const chain = longest(i - 1, before)
          if (chain) return [...chain, end]
        }
        return undefined
      }
      const chain = longest(places.length - 1, last)
      return chain ? [chain] : []
    })
  }
}

const trailing = ({ trigger }: PatternRule): Absence | undefined => {
  const last = trigger.steps.at(-1)
  return last?.kind === 'absence' ? last : undefined
}
const timesOf = (chain: readonly NotedEvent[]): number[] => chain.map(({ time }) => time)
const matches = (any: readonly EventMatch[], { letter }: NotedEvent): boolean =>
  any.some(({ on }) => on.includes(typeNamed(letter)))
/** Empty: belongs to nothing. */
const keyOf = ({ trigger }: PatternRule, { key }: NotedEvent): string =>
  trigger.key === undefined ? 'all' : (key ?? '')

function inOrder(a: NotedEvent, b: NotedEvent): number {
  return (
    a.time - b.time ||
    typeNumber(a.letter) - typeNumber(b.letter) ||
    Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))
  )
}
