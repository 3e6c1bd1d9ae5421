import type { LaneInsight } from '../detect/insight.ts'
import { type TimeZone, timeZone } from '../domain/time-zones.ts'
import { laneOf } from '../rules/engine/lane-plan.ts'
import type { Factor, Rule } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import type { Answer, FactorAnswer } from './answer.ts'
import { localText } from './clock-text.ts'
import { decideView } from './decide-view.ts'
import type { DecidedMoment } from './decided-moments.ts'
import type { Deliveries } from './deliveries.ts'
import type { KnownEvent } from './event-values.ts'
import { factorAnswer } from './factor-answer.ts'
import type { Found, Question } from './looking.ts'
import { momentAnswer } from './moment-answer.ts'
import { ruleAnswer } from './rule-answer.ts'
import { createCases } from './rule-case.ts'
import { type Language, sentences } from './sentences.ts'
import { verdictLines } from './verdict-lines.ts'

/** What is to be told in full. */
export interface Wanted {
  /** undefined: of all rules whether they fired. */
  readonly rule: Rule | undefined
  /** All rules and all factors. */
  readonly all: boolean
  readonly language: Language
}

const iso = (time: number): string => new Date(time).toISOString()

/** What was found, as an answer. */
export function composeAnswer(
  found: Found,
  question: Question,
  past: readonly DecidedMoment[],
  deliveries: Deliveries,
  { rule, all, language }: Wanted,
): Answer {
  const say = sentences[language]
  const { insight, decide, events, asOf } = found
  const { at, inForce } = question
  const { catalogue, number, activatedAt } = inForce
  const { ruleset, policy } = catalogue
  const zone = timeZone(insight?.timeZone ?? decide?.facts.time_zone?.value ?? policy.defaultTimeZone)
  const intervals = (decide?.intervals ?? []).filter(({ open, at: since, until }) => open && since <= at && until > at)
  const caseOf =
    insight &&
    createCases({
      ruleset,
      activation: inForce,
      insight,
      zone,
      intervals,
      say,
      newestEvent: (on) => newestOf(events, on),
    })
  const rules = caseOf
    ? (rule ? [rule] : ruleset.rules).map((one) => ruleAnswer(caseOf(one), rule !== undefined || all))
    : []
  const when = (time: number) => localText(time, zone, say)
  const held = new Map((decide?.deferred ?? []).map(({ moment_id, held_since }) => [moment_id, held_since]))
  const moments = past
    .map((one) => momentAnswer(one, when, say, held.get(one.moment?.moment_id ?? '') ?? null, deliveries))
    .reverse()
  const ended = insight?.ended ?? (insight ? undefined : (decide?.facts.ended_at ?? undefined))
  return {
    language,
    subscriber: {
      ...subscriberAnswer(found, question, zone),
      identity_ended_at: ended === undefined ? null : iso(ended),
    },
    as_of: asOf,
    catalogue: {
      number,
      version: catalogue.version,
      in_force_since: Number.isFinite(activatedAt) ? iso(activatedAt) : null,
    },
    verdict: verdictLines(rule, rules, moments, ended === undefined ? undefined : when(ended), asOf.at, say),
    rules,
    factors: factorAnswers(found, question, zone, { rule, all, language }),
    moments,
    decide: decide ? decideView(decide, catalogue, at) : null,
  }
}

/** By time, order of types. */
const newestOf = (events: readonly KnownEvent[], on: readonly EventType[]): KnownEvent | undefined =>
  events
    .filter(({ type }) => on.includes(type))
    .toSorted(
      (a, b) => a.record.event_time - b.record.event_time || eventTypes.indexOf(a.type) - eventTypes.indexOf(b.type),
    )
    .at(-1)

function subscriberAnswer(
  { insight }: Found,
  { subscriber, shard }: Question,
  zone: TimeZone,
): Omit<Answer['subscriber'], 'identity_ended_at'> {
  return {
    id: subscriber,
    shard,
    time_zone: zone.name,
    billing_day: insight?.billingDay ?? 1,
    calendar: insight?.calendar ?? null,
    first_seen: insight && insight.ended === undefined ? iso(insight.since) : null,
    newest_events: Object.fromEntries(Object.entries(insight?.newest ?? {}).map(([type, time]) => [type, iso(time)])),
    segments: insight?.segments ?? {},
    held: (insight?.held ?? []).map(({ time, due, ...event }) => ({ ...event, time: iso(time), judged_at: iso(due) })),
  }
}

/** Of a rule those that it reads; of all rules those that say something, or all. */
function factorAnswers(
  { insight }: Found,
  { at, inForce, windows }: Question,
  zone: TimeZone,
  { rule, all, language }: Wanted,
): readonly FactorAnswer[] {
  if (!insight || insight.ended !== undefined) return []
  const { factors } = inForce.catalogue.ruleset
  const byId = new Map(factors.map((factor) => [factor.id, factor]))
  const laneFor = ({ id }: Factor): LaneInsight | undefined =>
    rule ? insight.lanes[laneOf(rule)] : insight.lanes.find((lane) => Object.hasOwn(lane.factors, id))
  return factors.flatMap((factor) => {
    const lane = laneFor(factor)
    if (factor.hidden || !lane || !Object.hasOwn(lane.factors, factor.id)) return []
    const value = lane.factors[factor.id] ?? null
    const isTold = rule || all ? windows.has(factor.id) : value !== null && value !== 0 && value !== false
    if (!isTold) return []
    const { billingDay, since } = insight
    return [
      factorAnswer(factor, lane, {
        at,
        zone,
        say: sentences[language],
        billingDay,
        since,
        factor: (id) => byId.get(id),
        value: (id) => lane.factors[id] ?? null,
      }),
    ]
  })
}
