import type { InForce } from '../catalogue/schedule.ts'
import { CodedError } from '../domain/errors.ts'
import { didYouMean } from '../domain/nearest-name.ts'
import { timeZone } from '../domain/time-zones.ts'
import { keyBytesMax } from '../flow/head-check.ts'
import { shardOf } from '../flow/partition.ts'
import type { Platform } from '../platform/platform.ts'
import { laneOf } from '../rules/engine/lane-plan.ts'
import { expressionsOf, factorsReadBy, factorsReadThrough } from '../rules/reads.ts'
import type { Factor, Rule } from '../rules/ruleset.ts'
import { type EventType, eventTypes } from '../topology.ts'
import type { Answer, FactorAnswer } from './answer.ts'
import { localText } from './clock-text.ts'
import { decideView } from './decide-view.ts'
import { decidedMoments } from './decided-moments.ts'
import type { KnownEvent } from './event-values.ts'
import { factorAnswer } from './factor-answer.ts'
import { lookAtState } from './look-at-state.ts'
import type { Found, Question } from './looking.ts'
import { momentAnswer } from './moment-answer.ts'
import { readLogAgain } from './read-log-again.ts'
import { ruleAnswer } from './rule-answer.ts'
import { createCases } from './rule-case.ts'
import { verdictLines } from './verdict-lines.ts'

export interface ExplainRequest {
  readonly subscriber: string
  /** Milliseconds since 1970; undefined: now. */
  readonly at?: number | undefined
  readonly rule?: string | undefined
  /** All factors, with what their windows hold. */
  readonly all?: boolean | undefined
  /** state: what is committed, also for a past time; log: by reading the log again, also for now. */
  readonly from?: 'state' | 'log' | undefined
}

const dayMs = 86_400_000
/** Moments from so long before the time asked for, to so long after. */
const momentsBeforeMs = 7 * dayMs
const momentsAfterMs = dayMs

/**
 * Why a subscriber got a message, or didn't: factors, rules, moments and decisions as of a time.
 * @throws CodedError KM_SUBSCRIBER_UNKNOWN, KM_RULE_UNKNOWN, KM_EXPLAIN_TIME, KM_EXPLAIN_SUBSCRIBER
 */
export async function explainSubscriber(platform: Platform, request: ExplainRequest): Promise<Answer> {
  const { subscriber } = request
  const bytes = Buffer.byteLength(subscriber)
  if (bytes < 1 || bytes > keyBytesMax) {
    throw new CodedError('KM_EXPLAIN_SUBSCRIBER', `a subscriber_id has 1 to ${keyBytesMax} bytes, not ${bytes}`)
  }
  const present = platform.clock.now()
  const at = request.at ?? present
  if (at > present) {
    const message = `${new Date(at).toISOString()} is yet to come: it is ${new Date(present).toISOString()}`
    throw new CodedError('KM_EXPLAIN_TIME', message)
  }
  const inForce = platform.catalogue.at(at)
  const rule = request.rule === undefined ? undefined : ruleOf(request.rule, inForce, platform)
  const { ruleset } = inForce.catalogue
  const factors = new Map(ruleset.factors.map((factor) => [factor.id, factor]))
  const asked = rule ? factorsOf(rule, factors) : request.all ? new Set(factors.keys()) : new Set<string>()
  const shard = shardOf(subscriber, platform.log.shards)
  const question: Question = { subscriber, shard, at, inForce, windows: asked }
  const fromLog = (request.from ?? (request.at === undefined ? 'state' : 'log')) === 'log'
  const found = fromLog ? await readLogAgain(platform, question) : await lookAtState(platform, question)
  const past = await decidedMoments(platform, shard, subscriber, at - momentsBeforeMs, at + momentsAfterMs)
  if (!found.insight && !found.decide && past.length === 0) throw unknownSubscriber(subscriber, found)
  return answerOf(
    found,
    question,
    past.filter(({ moment, decisions }) => {
      const name = moment?.rule ?? decisions[0]?.rule
      return rule === undefined || name === rule.id
    }),
    { rule, all: request.all === true, asked },
  )
}

function unknownSubscriber(subscriber: string, { asOf }: Found): CodedError {
  const where =
    asOf.source === 'log'
      ? `none of the ${asOf.records_read} records read by then is theirs`
      : 'no state and no moment is kept'
  return new CodedError('KM_SUBSCRIBER_UNKNOWN', `nothing is known of subscriber '${subscriber}': ${where}`)
}

function ruleOf(id: string, { catalogue, number }: InForce, platform: Platform): Rule {
  const known = catalogue.ruleset.rules.find((rule) => rule.id === id)
  if (known) return known
  const ids = catalogue.ruleset.rules.map((rule) => rule.id)
  const isLater = platform.catalogue.current.ruleset.rules.some((rule) => rule.id === id)
  const hint = isLater ? '; it came later' : didYouMean(id, ids)
  throw new CodedError(
    'KM_RULE_UNKNOWN',
    `version ${number} of the catalogue, in force then, has no rule '${id}'${hint}`,
  )
}

/** What a rule reads, what goes with its moments, and all of which that is made. */
function factorsOf(rule: Rule, factors: ReadonlyMap<string, Factor>): ReadonlySet<string> {
  const named = new Set(rule.evidence)
  for (const expression of expressionsOf(rule)) factorsReadBy(expression, named)
  return factorsReadThrough(named, factors)
}

interface Wanted {
  readonly rule: Rule | undefined
  readonly all: boolean
  readonly asked: ReadonlySet<string>
}

function answerOf(
  { insight, decide, events, asOf }: Found,
  { subscriber, shard, at, inForce }: Question,
  past: Awaited<ReturnType<typeof decidedMoments>>,
  { rule, all, asked }: Wanted,
): Answer {
  const { catalogue, number, activatedAt } = inForce
  const { ruleset, policy } = catalogue
  const zone = timeZone(insight?.timeZone ?? decide?.facts.time_zone?.value ?? policy.defaultTimeZone)
  const when = (time: number) => localText(time, zone)
  const iso = (time: number) => new Date(time).toISOString()
  const newestEvent = (types: readonly EventType[]): KnownEvent | undefined =>
    events
      .filter(({ type }) => types.includes(type))
      .toSorted(
        (a, b) => b.record.event_time - a.record.event_time || eventTypes.indexOf(b.type) - eventTypes.indexOf(a.type),
      )[0]
  const caseOf = insight && createCases({ ruleset, activation: inForce, insight, zone, newestEvent })
  const rules = caseOf
    ? (rule ? [rule] : ruleset.rules).map((one) => ruleAnswer(caseOf(one), rule !== undefined || all))
    : []
  const moments = past.map((one) => momentAnswer(one, when)).reverse()

  const factors: FactorAnswer[] = []
  if (insight) {
    const byId = new Map(ruleset.factors.map((factor) => [factor.id, factor]))
    for (const factor of ruleset.factors) {
      const laneNumber = rule ? laneOf(rule) : Object.hasOwn(insight.lanes[0]?.factors ?? {}, factor.id) ? 0 : 1
      const lane = insight.lanes[laneNumber]
      if (!lane || factor.hidden || !Object.hasOwn(lane.factors, factor.id)) continue
      const value = lane.factors[factor.id] ?? null
      if (rule || all ? !asked.has(factor.id) : value === null || value === 0 || value === false) continue
      const surroundings = {
        at,
        zone,
        billingDay: insight.billingDay,
        since: insight.since,
        factor: (id: string) => byId.get(id),
        value: (id: string) => lane.factors[id] ?? null,
      }
      factors.push(factorAnswer(factor, lane, surroundings))
    }
  }
  return {
    subscriber: {
      id: subscriber,
      shard,
      time_zone: zone.name,
      billing_day: insight?.billingDay ?? 1,
      calendar: insight?.calendar ?? null,
      identity_ended_at: insight?.ended === undefined ? null : iso(insight.ended),
      first_seen: insight && insight.ended === undefined ? iso(insight.since) : null,
      newest_events: Object.fromEntries(Object.entries(insight?.newest ?? {}).map(([type, time]) => [type, iso(time)])),
      segments: insight?.segments ?? {},
      held: (insight?.held ?? []).map(({ time, due, ...event }) => ({
        ...event,
        time: iso(time),
        judged_at: iso(due),
      })),
    },
    as_of: asOf,
    catalogue: {
      number,
      version: catalogue.version,
      in_force_since: Number.isFinite(activatedAt) ? iso(activatedAt) : null,
    },
    verdict: verdictLines(rule, rules, moments),
    rules,
    factors,
    moments,
    decide: decide ? decideView(decide, policy, at) : null,
  }
}
