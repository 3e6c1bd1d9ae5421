import { type TimeZone, timeZone } from '../../services/domain/time-zones.ts'
import { evaluate, type Value } from '../../services/rules/evaluate.ts'
import type { Expression } from '../../services/rules/expression.ts'
import { factorsReadBy } from '../../services/rules/reads.ts'
import type { EventMatch, Factor, Rule, Ruleset } from '../../services/rules/ruleset.ts'
import { type EventType, eventTypes } from '../../services/topology.ts'
import type { TestEvent } from './shard-driver.ts'

interface Accepted {
  readonly type: EventType
  readonly time: number
  readonly id: string
  readonly source: string
  readonly fields: Readonly<Record<string, unknown>>
  readonly day: number
}

export interface NaiveMoment {
  readonly rule: string
  readonly subscriber: string
  readonly at: number
  readonly occurrence: string
  readonly evidence?: Readonly<Record<string, number | boolean | null>>
}

/** The judge of the engine: keeps every accepted event and computes everything anew from all of them. */
export class NaiveModel {
  readonly moments: NaiveMoment[] = []
  private readonly accepted = new Map<string, Accepted[]>()
  private readonly fired = new Map<string, number>()
  private readonly zones = new Map<string, TimeZone>()
  private head = Number.NEGATIVE_INFINITY
  private readonly ruleset: Ruleset
  private readonly grace: number
  private readonly defaultZone: TimeZone

  constructor(ruleset: Ruleset, grace: number, defaultTimeZone: string) {
    this.ruleset = ruleset
    this.grace = grace
    this.defaultZone = timeZone(defaultTimeZone)
  }

  /** What becomes of the event. */
  send({ type, value }: TestEvent): 'late' | 'duplicate' | 'accepted' {
    const late = this.head - value.event_time > this.grace
    this.head = Math.max(this.head, value.event_time)
    if (late) return 'late'
    const key = value.subscriber_id
    const events = this.accepted.get(key) ?? []
    this.accepted.set(key, events)
    const same = (event: Accepted) =>
      event.type === type && event.id === value.event_id && event.source === value.source
    if (events.some(same)) return 'duplicate'
    const event: Accepted = {
      type,
      time: value.event_time,
      id: value.event_id,
      source: value.source,
      fields: { ...value },
      day: this.zoneOf(key).civilDay(value.event_time),
    }
    events.push(event)
    if (type === 'profile' && value.time_zone) this.zones.set(key, timeZone(value.time_zone))
    for (const rule of this.ruleset.rules) this.judge(rule, key, event)
    return 'accepted'
  }

  zoneOf(key: string): TimeZone {
    return this.zones.get(key) ?? this.defaultZone
  }

  /** Absences over everything that was accepted, as if it had come in order. */
  absences(): NaiveMoment[] {
    const moments: NaiveMoment[] = []
    for (const rule of this.ruleset.rules) {
      const { trigger } = rule
      if (trigger.kind !== 'absence') continue
      for (const [subscriber, events] of this.accepted) {
        let last = Number.NEGATIVE_INFINITY
        let armed: Accepted | undefined
        const decide = (until: number) => {
          if (!armed || armed.time + trigger.within > until) return
          const at = armed.time + trigger.within
          if (at > last && at - last >= Number(rule.once)) {
            moments.push({ rule: rule.id, subscriber, at, occurrence: armed.id })
            last = at
          }
          armed = undefined
        }
        for (const event of [...events].sort(inOrder)) {
          decide(event.time)
          // All answers of an instant come before what it arms: the same instant is not after.
          const answered = events.some((other) => other.time === event.time && matches(trigger.absent, other))
          if (armed && answered && armed.time < event.time) armed = undefined
          if (!armed && matches(trigger.after, event)) armed = event
        }
        decide(Number.POSITIVE_INFINITY)
      }
    }
    return moments
  }

  value(key: string, factor: Factor, at: number): number | boolean | null {
    const events = (this.accepted.get(key) ?? []).filter((event) => event.type === factor.from)
    const counted = events.flatMap((event) => {
      if (factor.where && evaluate(factor.where, environment(event)) !== true) return []
      const value = factor.value ? evaluate(factor.value, environment(event)) : 1
      return value === undefined ? [] : [{ event, value }]
    })
    if (factor.aggregate === 'last') {
      const last = counted.sort((a, b) => inOrder(a.event, b.event)).at(-1)
      return last ? (last.value as number | boolean) : null
    }
    const { window } = factor
    const within = (event: Accepted): boolean => {
      switch (window.kind) {
        case 'lifetime':
          return true
        case 'rolling':
          return event.time > at - window.length && event.time <= at
        case 'panes':
          return Math.floor(event.time / window.pane) > Math.floor(at / window.pane) - window.panes
        case 'days':
          return event.day > this.zoneOf(key).civilDay(at) - window.days
      }
    }
    let sum = 0
    for (const { event, value } of counted) if (within(event)) sum += Number(value)
    return sum
  }

  newest(key: string, types: readonly EventType[]): Accepted | undefined {
    return (this.accepted.get(key) ?? [])
      .filter((event) => types.includes(event.type))
      .sort(inOrder)
      .at(-1)
  }

  private judge(rule: Rule, key: string, event: Accepted): void {
    const { trigger } = rule
    if (trigger.kind !== 'condition' || !trigger.on.includes(event.type)) return
    const factors = this.ruleset.factors
    const read = [...factorsReadBy(trigger.when)].flatMap((id) => factors.filter((factor) => factor.id === id))
    const at = this.newest(key, [...trigger.on, ...read.map(({ from }) => from)])?.time ?? 0
    const factorValue = (id: string): Value => {
      const factor = factors.find((candidate) => candidate.id === id)
      return factor ? (this.value(key, factor, at) ?? undefined) : undefined
    }
    if (evaluate(trigger.when, { ...environment(event), factor: factorValue }) !== true) return
    const last = this.fired.get(`${rule.id} ${key}`) ?? Number.NEGATIVE_INFINITY
    if (rule.once === 'lifetime' ? last > 0 : at <= last || at - last < rule.once) return
    this.fired.set(`${rule.id} ${key}`, at)
    const evidence = Object.fromEntries(
      factors
        .filter((factor) => rule.evidence.includes(factor.id))
        .map((factor) => [factor.id, this.value(key, factor, at)]),
    )
    this.moments.push({
      rule: rule.id,
      subscriber: key,
      at,
      occurrence: this.newest(key, trigger.on)?.id ?? '',
      evidence,
    })
  }
}

function inOrder(a: Accepted, b: Accepted): number {
  return (
    a.time - b.time ||
    eventTypes.indexOf(a.type) - eventTypes.indexOf(b.type) ||
    Buffer.compare(Buffer.from(a.id), Buffer.from(b.id))
  )
}

const environment = (event: Accepted) => ({
  field: (name: string): Value => {
    const value = event.fields[name]
    return typeof value === 'number' || typeof value === 'boolean' || typeof value === 'string' ? value : undefined
  },
  factor: (): Value => undefined,
})

const holds = (where: Expression | undefined, event: Accepted): boolean =>
  !where || evaluate(where, environment(event)) === true

const matches = (match: EventMatch, event: Accepted): boolean =>
  match.on.includes(event.type) && holds(match.where, event)
