import type { InForce } from '../catalogue/schedule.ts'
import { CodedError } from '../domain/errors.ts'
import { didYouMean } from '../domain/nearest-name.ts'
import { dayMs } from '../domain/time-zones.ts'
import { keyBytesMax } from '../flow/head-check.ts'
import { shardOf } from '../flow/partition.ts'
import type { Platform } from '../platform/platform.ts'
import { expressionsOf, factorsReadBy, factorsReadThrough } from '../rules/reads.ts'
import type { Factor, Rule } from '../rules/ruleset.ts'
import type { Answer } from './answer.ts'
import { composeAnswer } from './compose-answer.ts'
import { type DecidedMoment, decidedMoments } from './decided-moments.ts'
import { deliveriesOf } from './deliveries.ts'
import { lookAtState } from './look-at-state.ts'
import type { Found, Question } from './looking.ts'
import { readLogAgain } from './read-log-again.ts'
import type { Language } from './sentences.ts'

export interface ExplainRequest {
  readonly subscriber: string
  /** Milliseconds since 1970; undefined: now. */
  readonly at?: number | undefined
  readonly rule?: string | undefined
  /** All factors, with what their windows hold. */
  readonly all?: boolean | undefined
  /** state: what is committed, also for a past time; log: by reading the log again, also for now. */
  readonly from?: 'state' | 'log' | undefined
  /** Of the sentences; English unless said. */
  readonly language?: Language | undefined
}

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
  const factors = new Map(inForce.catalogue.ruleset.factors.map((factor) => [factor.id, factor]))
  const windows = rule ? factorsOf(rule, factors) : new Set(request.all === true ? factors.keys() : [])
  const shard = shardOf(subscriber, platform.log.shards)
  const question: Question = { subscriber, shard, at, inForce, windows }
  const fromLog = (request.from ?? (request.at === undefined ? 'state' : 'log')) === 'log'
  const told = rule ? [rule] : request.all === true ? inForce.catalogue.ruleset.rules : []
  const found = fromLog ? await readLogAgain(platform, question) : await lookAtState(platform, question, told)
  const past = await decidedMoments(platform, shard, subscriber, at - momentsBeforeMs, at + momentsAfterMs)
  if (!found.insight && !found.decide && past.length === 0) throw unknownSubscriber(subscriber, found)
  const own = rule ? past.filter((one) => ruleOfMoment(one) === rule.id) : past
  const deliveries = await deliveriesOf(platform, shard, subscriber, own)
  return composeAnswer(found, question, own, deliveries, {
    rule,
    all: request.all === true,
    language: request.language ?? 'en',
  })
}

const ruleOfMoment = ({ moment, decisions }: DecidedMoment): string | undefined => moment?.rule ?? decisions[0]?.rule

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
  const named = new Set([...rule.evidence, ...(rule.context ?? [])])
  for (const expression of expressionsOf(rule)) factorsReadBy(expression, named)
  return factorsReadThrough(named, factors)
}
