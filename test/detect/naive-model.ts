import { timeZone } from '../../services/domain/time-zones.ts'
import { expressionsOf, factorsReadBy, factorsReadThrough } from '../../services/rules/reads.ts'
import type { Factor, Rule, Ruleset } from '../../services/rules/ruleset.ts'
import { type EventType, eventTypes } from '../../services/topology.ts'
import { type Accepted, inOrder, matches, NaiveFactors } from './naive-factors.ts'
import type { TestEvent } from './shard-driver.ts'

export interface NaiveMoment {
  readonly rule: string
  readonly subscriber: string
  readonly at: number
  readonly occurrence: string
  readonly evidence?: Readonly<Record<string, number | boolean | string | null>>
}

/** The judge of the engine: keeps every accepted event and computes everything anew from all of them. */
export class NaiveModel {
  readonly moments: NaiveMoment[] = []
  private readonly accepted = new Map<string, Accepted[]>()
  private readonly fired = new Map<string, number>()
  private head = Number.NEGATIVE_INFINITY
  private readonly ruleset: Ruleset
  private readonly grace: number
  private readonly defaultZone: string

  constructor(ruleset: Ruleset, grace: number, defaultTimeZone: string) {
    this.ruleset = ruleset
    this.grace = grace
    this.defaultZone = defaultTimeZone
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
    const fields: Readonly<Record<string, unknown>> = { ...value }
    const newest = (field: string) =>
      fields[field] ?? [...events].sort(inOrder).findLast((event) => event.fields[field] != null)?.fields[field]
    const event: Accepted = {
      type,
      time: value.event_time,
      id: value.event_id,
      source: value.source,
      fields,
      zone: timeZone(String(newest('time_zone') ?? this.defaultZone)),
      billingDay: Number(newest('billing_day') ?? 1),
    }
    events.push(event)
    for (const rule of this.ruleset.rules) this.judge(rule, key, event)
    return 'accepted'
  }

  /** Absences behind one event, over everything that was accepted, as if it had come in order. */
  absences(): NaiveMoment[] {
    const moments: NaiveMoment[] = []
    for (const rule of this.ruleset.rules) {
      const { trigger } = rule
      if (trigger.kind !== 'pattern') continue
      const [after, absent] = trigger.steps
      if (after?.kind !== 'event' || absent?.kind !== 'absence') throw new Error('not an absence behind one event')
      const within = absent.length ?? 0
      for (const [subscriber, events] of this.accepted) {
        let last = Number.NEGATIVE_INFINITY
        let armed: Accepted | undefined
        const decide = (until: number) => {
          if (!armed || armed.time + within > until) return
          const at = armed.time + within
          if (at > last && at - last >= Number(rule.once)) {
            moments.push({ rule: rule.id, subscriber, at, occurrence: armed.id })
            last = at
          }
          armed = undefined
        }
        const isIn = (any: typeof after.any, event: Accepted) => any.some((match) => matches(match, event))
        for (const event of [...events].sort(inOrder)) {
          decide(event.time)
          // All answers of an instant come before what it arms: the same instant is not after.
          const answered = events.some((other) => other.time === event.time && isIn(absent.any, other))
          if (armed && answered && armed.time < event.time) armed = undefined
          if (!armed && isIn(after.any, event)) armed = event
        }
        decide(Number.POSITIVE_INFINITY)
      }
    }
    return moments
  }

  value(key: string, factor: Factor, at: number): number | boolean | string | null {
    return this.factorsAt(key, at).value(factor.id) ?? null
  }

  newest(key: string, types: readonly EventType[]): Accepted | undefined {
    return (this.accepted.get(key) ?? [])
      .filter((event) => types.includes(event.type))
      .sort(inOrder)
      .at(-1)
  }

  factorsAt(key: string, at: number): NaiveFactors {
    return new NaiveFactors(this.accepted.get(key) ?? [], this.ruleset.factors, at, this.defaultZone)
  }

  /** A condition on events that reads a field of the event, or factors that each of its events changes. */
  private judge(rule: Rule, key: string, event: Accepted): void {
    const { trigger } = rule
    if (trigger.kind !== 'condition' || !trigger.on.includes(event.type)) return
    const at = this.newest(key, [...trigger.on, ...this.typesRead(rule)])?.time ?? 0
    const values = this.factorsAt(key, at)
    if (values.evaluate(trigger.when, event) !== true) return
    const last = this.fired.get(`${rule.id} ${key}`) ?? Number.NEGATIVE_INFINITY
    if (rule.once === 'lifetime' ? last > 0 : at <= last || at - last < rule.once) return
    if (rule.only && values.evaluate(rule.only) !== true) return
    this.fired.set(`${rule.id} ${key}`, at)
    const evidence = Object.fromEntries(rule.evidence.map((id) => [id, values.value(id) ?? null]))
    const occurrence = this.newest(key, trigger.on)?.id ?? ''
    this.moments.push({ rule: rule.id, subscriber: key, at, occurrence, evidence })
  }

  private typesRead(rule: Rule): readonly EventType[] {
    const byId = new Map(this.ruleset.factors.map((factor) => [factor.id, factor]))
    const when = rule.trigger.kind === 'condition' ? expressionsOf({ trigger: rule.trigger }) : []
    const read = factorsReadThrough(
      when.flatMap((expression) => [...factorsReadBy(expression)]),
      byId,
    )
    return eventTypes.filter((type) =>
      [...read].some((id) => {
        const definition = byId.get(id)?.definition
        if (definition?.kind === 'events') {
          const anchor = definition.window.kind === 'since' ? definition.window.anchor.on : []
          return definition.from.includes(type) || anchor.includes(type)
        }
        return definition?.kind !== 'derived' && type === 'profile'
      }),
    )
  }
}
