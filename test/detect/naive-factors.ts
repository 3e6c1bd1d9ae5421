import { dayMs, type TimeZone, timeZone } from '../../services/domain/time-zones.ts'
import { civilFields } from '../../services/rules/engine/civil-fields.ts'
import { evaluate, type Value } from '../../services/rules/evaluate.ts'
import type { Expression } from '../../services/rules/expression.ts'
import type { EventFactor, EventMatch, Factor, PeriodAggregate, ProfileFactor } from '../../services/rules/ruleset.ts'
import { textHash } from '../../services/rules/text-hash.ts'
import { type EventType, eventTypes } from '../../services/topology.ts'

/** An event that was accepted, with its subscriber's zone and billing day of then. */
export interface Accepted {
  readonly type: EventType
  readonly time: number
  readonly id: string
  readonly source: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly zone: TimeZone
  readonly billingDay: number
}

export function inOrder(a: Accepted, b: Accepted): number {
  return (
    a.time - b.time ||
    eventTypes.indexOf(a.type) - eventTypes.indexOf(b.type) ||
    Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))
  )
}

const place = (zone: TimeZone) => ({ zone, workday: () => Number.NaN })

const environmentOf = (event: Accepted) => ({
  field: (name: string): Value => {
    if (name.startsWith('local_')) {
      return civilFields[name.slice(6) as keyof typeof civilFields](place(event.zone), event.time)
    }
    const value = event.fields[name]
    if (name === 'birth_date' && typeof value === 'string') return Date.parse(value) / dayMs
    return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : undefined
  },
  factor: (): Value => undefined,
})

export const matches = ({ on, where }: EventMatch, event: Accepted): boolean =>
  on.includes(event.type) && (!where || evaluate(where, environmentOf(event)) === true)

interface Counted {
  readonly event: Accepted
  readonly value: number | string | boolean
}

/** Factors of one subscriber, each computed anew from all of its events, as of an instant that is not before any of them. */
export class NaiveFactors {
  private readonly events: readonly Accepted[]
  private readonly factors: ReadonlyMap<string, Factor>
  private readonly at: number
  private readonly zone: TimeZone
  private readonly billingDay: number
  private readonly since: number

  constructor(events: readonly Accepted[], factors: readonly Factor[], at: number, defaultZone: string) {
    this.events = [...events].sort(inOrder)
    this.factors = new Map(factors.map((factor) => [factor.id, factor]))
    this.at = at
    const newest = (field: string) => this.events.findLast((event) => event.fields[field] != null)?.fields[field]
    this.zone = timeZone(String(newest('time_zone') ?? defaultZone))
    this.billingDay = Number(newest('billing_day') ?? 1)
    this.since = Math.min(...events.map(({ time }) => time))
  }

  value(id: string): Value {
    const definition = this.factors.get(id)?.definition
    if (!definition) return undefined
    if (definition.kind === 'derived') return this.evaluate(definition.value)
    return definition.kind === 'events' ? this.overEvents(definition) : this.ofProfile(definition)
  }

  /** A condition over factors. */
  evaluate(expression: Expression, event?: Accepted, value?: Value): Value {
    return evaluate(expression, {
      field: (name) => (event ? environmentOf(event).field(name) : undefined),
      factor: (id) => this.value(id),
      now: (name) => civilFields[name](place(this.zone), this.at),
      value,
    })
  }

  private ofProfile(definition: ProfileFactor): Value {
    const named = (field: string) =>
      this.events.findLast(({ type, fields }) => type === 'profile' && fields[field] != null)?.fields[field]
    switch (definition.kind) {
      case 'tag': {
        const tags = named('tags') as Record<string, string> | undefined
        const factor = [...this.factors.values()].find((one) => one.definition === definition)
        const text = tags?.[definition.tag]
        if (text === undefined || factor?.type === 'string') return text
        return factor?.type === 'bool' ? text === 'true' : Number(text)
      }
      case 'product': {
        const products = named('products') as string[] | undefined
        return products && definition.products.some((product) => products.includes(product))
      }
      case 'consent':
        return false
    }
  }

  private overEvents(factor: EventFactor): Value {
    const { aggregate, window } = factor
    const all = this.events.filter((event) => matches({ on: factor.from, ...factor }, event))
    const counted = all.flatMap((event): Counted[] => {
      const value = factor.value ? evaluate(factor.value, environmentOf(event)) : 1
      return value === undefined ? [] : [{ event, value }]
    })
    switch (aggregate.kind) {
      case 'last':
        return this.inside(window, counted)?.at(-1)?.value
      case 'previous':
        return counted.at(-2)?.value
      case 'first':
        return counted[0]?.value
      case 'current':
        return counted.at(-1)?.value
      case 'before':
        return changesOf(counted).at(-2)?.value
      case 'change-date': {
        const change = changesOf(counted).at(-1)
        return change && this.zone.civilDay(change.event.time)
      }
      case 'change-age': {
        const change = changesOf(counted).at(-1)
        return change && (this.at - change.event.time) / 3_600_000
      }
      case 'became':
        return this.inside(window, changesOf(counted))?.filter(({ value }) => value === aggregate.value).length
      case 'last-time':
        return counted.at(-1)?.event.time
      case 'baseline':
      case 'trend':
      case 'streak':
        return this.overPeriods(factor, aggregate, counted)
    }
    const inside = this.inside(window, counted)
    if (!inside) return undefined
    const values = inside.map(({ value }) => value)
    const numbers = values.map(Number)
    switch (aggregate.kind) {
      case 'count':
        return values.length
      case 'sum':
        return numbers.reduce((sum, value) => sum + value, 0)
      case 'min':
        return numbers.length === 0 ? undefined : Math.min(...numbers)
      case 'max':
        return numbers.length === 0 ? undefined : Math.max(...numbers)
      case 'distinct':
        return new Set(values).size
      case 'cadence':
        return cadence(inside, aggregate.measure, aggregate.least)
      case 'entropy':
      case 'top-share':
      case 'mode':
        return distribution(values, aggregate.kind)
    }
  }

  /** What lies in the window; undefined: it isn't known. */
  private inside(window: EventFactor['window'], counted: readonly Counted[]): readonly Counted[] | undefined {
    const { at } = this
    switch (window.kind) {
      case 'lifetime':
        return counted
      case 'rolling':
        return counted.filter(({ event }) => event.time > at - window.length && event.time <= at)
      case 'panes':
        return counted.filter(
          ({ event }) => Math.floor(event.time / window.pane) > Math.floor(at / window.pane) - window.panes,
        )
      case 'civil': {
        const last = this.period(window.unit, at) - window.ago
        const first = last - window.periods + 1
        if (window.ago > 0 && first <= this.period(window.unit, this.since)) return undefined
        return counted.filter(({ event }) => {
          const own = event.zone.periodOf(window.unit, event.time, event.billingDay)
          return own >= first && own <= last
        })
      }
      case 'last':
        return counted.slice(-window.events)
      case 'since': {
        const anchor = this.events.findLast((event) => matches(window.anchor, event))
        return anchor && counted.filter(({ event }) => event.time > anchor.time)
      }
    }
  }

  private period(unit: Parameters<TimeZone['periodOf']>[0], time: number): number {
    return this.zone.periodOf(unit, time, this.billingDay)
  }

  /** Of each full period since first sight, newest first. */
  private overPeriods(factor: EventFactor, aggregate: PeriodAggregate, counted: readonly Counted[]): Value {
    const { window } = factor
    if (window.kind !== 'civil') return undefined
    const { unit, ago, periods } = window
    const values: number[] = []
    for (let i = 0; i < periods; i++) {
      const period = this.period(unit, this.at) - ago - i
      if (period <= this.period(unit, this.since)) break
      const own = counted.filter(({ event }) => event.zone.periodOf(unit, event.time, event.billingDay) === period)
      values.push(own.reduce((sum, { value }) => sum + Number(value), 0))
    }
    switch (aggregate.kind) {
      case 'baseline': {
        if (values.length < aggregate.least) return undefined
        const weights = values.map((_, i) => 2 ** (-(i + 1) / aggregate.halfLife))
        const total = weights.reduce((sum, weight) => sum + weight, 0)
        return values.reduce((sum, value, i) => sum + value * (weights[i] ?? 0), 0) / total
      }
      case 'trend':
        return values.length < Math.max(2, aggregate.least) ? undefined : slope([...values].reverse())
      case 'streak': {
        if (values.length === 0) return undefined
        const met = values.map((value) => this.evaluate(aggregate.when, undefined, value))
        if (met[0] === undefined) return undefined
        const end = met.findIndex((each) => each !== true)
        return end < 0 ? values.length : end
      }
    }
  }
}

/** Without those that tell again what was told. */
const changesOf = (counted: readonly Counted[]): readonly Counted[] =>
  counted.filter(({ value }, i) => i === 0 || value !== counted[i - 1]?.value)

function slope(values: readonly number[]): number {
  const n = values.length
  const meanX = (n - 1) / 2
  const meanY = values.reduce((sum, value) => sum + value, 0) / n
  const covariance = values.reduce((sum, value, x) => sum + (x - meanX) * (value - meanY), 0)
  return covariance / values.reduce((sum, _, x) => sum + (x - meanX) ** 2, 0)
}

function cadence(counted: readonly Counted[], measure: 'last' | 'mean' | 'median', least: number): Value {
  const times = counted.map(({ event }) => event.time)
  const gaps = times.slice(1).map((time, i) => (time - (times[i] ?? 0)) / 3_600_000)
  if (gaps.length < Math.max(1, least)) return undefined
  if (measure === 'last') return gaps.at(-1)
  if (measure === 'mean') return gaps.reduce((sum, gap) => sum + gap, 0) / gaps.length
  const sorted = [...gaps].sort((a, b) => a - b)
  const half = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[half] : ((sorted[half - 1] ?? 0) + (sorted[half] ?? 0)) / 2
}

function distribution(values: readonly Value[], kind: 'entropy' | 'top-share' | 'mode'): Value {
  if (values.length === 0) return undefined
  const counts = new Map<Value, number>()
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1)
  const shares = [...counts.values()].map((count) => count / values.length)
  if (kind === 'entropy') return shares.reduce((sum, share) => sum - share * Math.log2(share), 0)
  if (kind === 'top-share') return Math.max(...shares)
  const key = (value: Value) => (typeof value === 'string' ? textHash(value) : Number(value))
  return [...counts].sort((a, b) => b[1] - a[1] || key(a[0]) - key(b[0]))[0]?.[0]
}
