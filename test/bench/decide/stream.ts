import { intervalOfDate, momentOf } from '../../../services/detect/moments.ts'
import type { Consent, Moment, Profile } from '../../../services/records/types.ts'
import type { Factor, Rule, Ruleset, Segment } from '../../../services/rules/ruleset.ts'
import { trafficAt } from '../../../services/sample/day-shape.ts'
import { createRandom, type Random } from '../../../services/sample/random.ts'

/** What decide is measured with: everything follows from the seed and these. */
export interface StreamPlan {
  readonly seed: number
  readonly subscribers: number
  readonly moments: number
  /** IANA name; where all subscribers are. */
  readonly zone: string
}

const minute = 60_000
const day = 24 * 60 * minute

/** Of the subscribers, what they said of marketing by SMS; the rest said nothing, which is a refusal. */
const marketing = { granted: 0.7, refused: 0.2 }
const careGranted = 0.9
const minors = 0.02

export const subscriberId = (number: number): string => `46000${String(2_000_000_000 + number)}`

/** A profile for each subscriber, as of `at`: consent, zone, language and birth date; nothing that makes a moment. */
export function* profiles({ seed, subscribers, zone }: StreamPlan, at: number): Generator<Profile> {
  for (let number = 0; number < subscribers; number++) {
    const random = createRandom(seed, 1, number)
    const entry = (state: Consent['state']): Consent => ({
      state,
      since: at - 200 * day,
      source: 'crm',
      evidence_ref: state === 'granted' ? `form-${number}` : null,
    })
    const said = random.next()
    const forMarketing =
      said < marketing.granted
        ? { marketing: entry('granted') }
        : said < marketing.granted + marketing.refused
          ? { marketing: entry('refused') }
          : {}
    const year = random.chance(minors) ? 2012 : 1950 + random.whole(50)
    yield {
      event_id: `profile-${number}`,
      subscriber_id: subscriberId(number),
      event_time: at,
      source: 'crm',
      time_zone: zone,
      language: random.chance(0.9) ? 'zh' : 'en',
      birth_date: `${year}-0${1 + random.whole(9)}-${10 + random.whole(18)}`,
      consent: { sms: { ...forMarketing, care: entry(random.chance(careGranted) ? 'granted' : 'refused') } },
    }
  }
}

/** Moments that follow the traffic of the day from `from` on for two days; `from` is a full minute. */
export function* momentsOfTwoDays(plan: StreamPlan, ruleset: Ruleset, from: number): Generator<Moment> {
  const make = createMoments(plan, ruleset)
  const minutes = (2 * day) / minute
  const random = createRandom(plan.seed, 2)
  const mean = plan.moments / minutes
  let made = 0
  for (let i = 0; made < plan.moments; i++) {
    const at = from + i * minute
    const wanted = mean * trafficAt((new Date(at).getUTCHours() + utcHours) * 60 + new Date(at).getUTCMinutes())
    const count = Math.min(plan.moments - made, Math.floor(wanted) + (random.chance(wanted % 1) ? 1 : 0))
    const times = Array.from({ length: count }, () => at + random.whole(minute)).sort((a, b) => a - b)
    for (const time of times) yield make(made++, time)
  }
}

/** Of the day's traffic: as far east as most of the subscribers of the shipped catalogue. */
const utcHours = 8

/**
 * Moments as detect makes them, each of a rule of the catalogue that the subscriber hasn't had yet (so that no `once` is broken):
 * with the rule's purpose, offers, expiry and evidence, a segment of each dimension, and, of a do-not-disturb rule, the interval
 * that it opens. `number`: of the moment, from 0.
 */
export function createMoments(
  { seed, subscribers }: StreamPlan,
  ruleset: Ruleset,
): (number: number, at: number) => Moment {
  const random = createRandom(seed, 3)
  const factors = new Map(ruleset.factors.map((factor) => [factor.id, factor]))
  const dimensions = [...Map.groupBy(ruleset.segments, ({ dimension }) => dimension).values()]
  const rules = shuffled(ruleset.rules, random)
  const had = new Uint32Array(subscribers)
  return (number, at) => {
    const who = random.whole(subscribers)
    // Each subscriber goes through the rules in their order, from a place of its own on.
    const place = (who * 7919 + (had[who] as number)) % rules.length
    had[who] = (had[who] as number) + 1
    const rule = rules[place] as Rule
    const { trigger } = rule
    return momentOf(rule, {
      subscriber: subscriberId(who),
      at,
      occurrence: `e${number}`,
      detectedAt: at,
      triggeredAt: trigger.kind === 'schedule' || trigger.kind === 'date' ? null : at,
      evidence: Object.fromEntries(rule.evidence.map((id) => [id, evidenceOf(factors.get(id), random)])),
      segments: segmentsOf(dimensions, random),
      doNotDisturb: trigger.kind === 'interval' ? intervalOfDate(trigger, at) : null,
    })
  }
}

function evidenceOf(factor: Factor | undefined, random: Random): Moment['evidence'][string] {
  switch (factor?.type) {
    case 'int':
      return random.whole(10_000)
    case 'double':
      return random.whole(1_000_000) / 100
    case 'bool':
      return random.chance(0.5)
    case 'string':
      return 'a value of some length'
    default:
      return null
  }
}

/** Most subscribers are in a segment of some dimensions only. */
function segmentsOf(dimensions: readonly (readonly Segment[])[], random: Random): Moment['segments'] {
  const found: Record<string, string> = {}
  for (const segments of dimensions) {
    const segment = segments[random.whole(segments.length + 1)]
    if (segment) found[segment.dimension] = segment.id
  }
  return found
}

function shuffled<T>(list: readonly T[], random: Random): T[] {
  const all = [...list]
  for (let i = all.length - 1; i > 0; i--) {
    const other = random.whole(i + 1)
    const own = all[i] as T
    all[i] = all[other] as T
    all[other] = own
  }
  return all
}
