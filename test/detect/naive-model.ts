import { timeZone } from '../../services/domain/time-zones.ts'
import { expressionsOf, factorsReadBy, factorsReadThrough, speaksOfEvent } from '../../services/rules/reads.ts'
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
  private readonly fired = new Map<string, number[]>()
  /** Of rules with an edge, by rule and subscriber: the condition was true, or false, when it was known last. */
  private readonly edges = new Map<string, boolean>()
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
    for (const rule of this.ruleset.rules) this.lookBefore(rule, key, event)
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
    const newest = this.newest(key, [...trigger.on, ...this.typesRead(rule)])?.time ?? 0
    const values = this.factorsAt(key, newest)
    const holds = values.evaluate(trigger.when, event)
    if (trigger.edge ? !this.crosses(rule, key, holds) : holds !== true) return
    const own = speaksOfEvent(rule)
    const at = own ? event.time : newest
    const fired = this.fired.get(`${rule.id} ${key}`) ?? []
    const { once } = rule
    const isHeld = (last: number) => once === 'lifetime' || (!own && at <= last) || Math.abs(at - last) < once
    if (fired.some(isHeld)) return
    if (rule.only && values.evaluate(rule.only) !== true) return
    this.fired.set(`${rule.id} ${key}`, [...fired, at])
    const evidence = Object.fromEntries(rule.evidence.map((id) => [id, values.value(id) ?? null]))
    const occurrence = own ? event.id : (this.newest(key, trigger.on)?.id ?? '')
    this.moments.push({ rule: rule.id, subscriber: key, at, occurrence, evidence })
  }

  /** Time alone may have taken the value back over the line, before the event. */
  private lookBefore(rule: Rule, key: string, event: Accepted): void {
    const { trigger } = rule
    if (trigger.kind !== 'condition' || !trigger.edge || !trigger.on.includes(event.type) || speaksOfEvent(rule)) return
    const name = `${rule.id} ${key}`
    if (this.edges.get(name) !== true) return
    const newest = this.newest(key, [...trigger.on, ...this.typesRead(rule)])?.time ?? 0
    const values = this.factorsAt(key, Math.max(newest, event.time))
    const { rearm } = trigger.edge
    const holds = values.evaluate(trigger.when)
    if (rearm ? values.evaluate(rearm) === true && holds !== true : holds === false) this.edges.set(name, false)
  }

  private crosses(rule: Rule, key: string, holds: unknown): boolean {
    const name = `${rule.id} ${key}`
    const edge = rule.trigger.kind === 'condition' ? rule.trigger.edge : undefined
    const before = this.edges.get(name)
    if (edge?.rearm && before === true) {
      const newest = this.newest(key, [
        ...(rule.trigger.kind === 'condition' ? rule.trigger.on : []),
        ...this.typesRead(rule),
      ])
      const rearmed = this.factorsAt(key, newest?.time ?? 0).evaluate(edge.rearm) === true
      if (rearmed && holds !== true) this.edges.set(name, false)
      return false
    }
    if (typeof holds === 'boolean') this.edges.set(name, holds)
    return holds === true && (before === false || (before === undefined && edge?.initial === true))
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
