import type { Profile } from '../../../services/records/types.ts'
import { createPopulation, profileOf } from '../../../services/sample/population.ts'
import { createRandom, type Random } from '../../../services/sample/random.ts'
import type { RecordedCalls } from './recorded-calls.ts'

export const dayMs = 86_400_000
export const daysOfYear = 365
/** Midnight of New Year 2026 where most of the subscribers are (Asia/Shanghai, UTC+8 all year). */
export const yearStart = Date.UTC(2026, 0, 1) - 8 * 3_600_000

/** Civil days of the year, from 0: [from, to). */
export interface Span {
  readonly from: number
  readonly to: number
}

/** Somebody, as a year finds them: all follows from the seed and the number. */
export interface Person {
  readonly number: number
  readonly id: string
  readonly zone: string
  /** Of local midnight behind that of most. Milliseconds. */
  readonly midnightBehind: number
  readonly prepaid: boolean
  /** Own calls and messages a day. */
  readonly calls: number
  /** MB a day with use, as a median. */
  readonly dataMb: number
  readonly usesApp: boolean
  readonly favouriteApp: number
  readonly planFee: number
  readonly planDataMb: number
  readonly billingDay: number
  /** Tops up on a day with little left, with this chance. */
  readonly diligence: number
  /** Does what is offered, with this many times the chance of others. */
  readonly openness: number
  /** Days of the subscriber's time with us in this year. */
  readonly stays: Span
  /** Nothing at all is done. */
  readonly silences: readonly Span[]
  readonly trips: readonly (Span & { readonly country: string })[]
  /** A complaint is opened. */
  readonly complaints: readonly number[]
  /** Calls are cut off. */
  readonly badDays: readonly number[]
  readonly hotlineDays: readonly number[]
  readonly newDevices: readonly number[]
  /** Since or until when there is a contract, as YYYY-MM-DD; null: none. */
  readonly contractEnd: string | null
  readonly profile: Profile
}

const countries = ['TH', 'JP', 'SG', 'KR', 'FR'] as const
/** Fen a month, and MB. */
interface Plan {
  readonly fee: number
  readonly data: number
}

const plans: readonly [Plan, ...Plan[]] = [
  { fee: 1_900, data: 2_000 },
  { fee: 3_900, data: 10_000 },
  { fee: 5_900, data: 20_000 },
  { fee: 12_900, data: 60_000 },
]

/** How often a year things befall a subscriber, on average. */
const perYear = { silence: 0.15, trip: 0.4, complaint: 0.35, badDay: 0.8, hotline: 0.8, device: 0.3 }
const joinsInYear = 0.08
const leavesInYear = 0.05

export function createPeople(size: number, seed: number, recorded: RecordedCalls): readonly Person[] {
  return createPopulation(size, seed).map((sample, number) => {
    const random = createRandom(seed, 11, number)
    const plan = random.pick(plans)
    const from = random.chance(joinsInYear) ? 1 + random.whole(daysOfYear - 1) : 0
    const to = random.chance(leavesInYear) ? from + 1 + random.whole(daysOfYear) : daysOfYear
    const at = yearStart + from * dayMs
    const tenure = from > 0 ? at : yearStart - (40 + random.whole(3_000)) * dayMs
    const contractEnd = random.chance(0.4) ? isoDay(random.whole(540)) : null
    const { record } = profileOf(sample, number, at, tenure)
    const habits = { ...(sample.usesApp && { app_user: 'yes' }), recharged: 'yes', data_user: 'yes', video_user: 'yes' }
    const roamed = random.chance(0.35) ? { roamed: 'yes' } : {}
    const billingDay = 1 + random.whole(28)
    return {
      number,
      id: sample.id,
      zone: sample.timeZone,
      midnightBehind: sample.timeZone === 'Asia/Urumqi' ? 2 * 3_600_000 : 0,
      prepaid: sample.prepaid,
      calls: recorded.perDay(random),
      dataMb: 80 * Math.exp(1.1 * normal(random)) * (plan.data / 10_000) ** 0.5,
      usesApp: sample.usesApp,
      favouriteApp: random.whole(6),
      planFee: plan.fee,
      planDataMb: plan.data,
      billingDay,
      diligence: random.chance(0.2) ? 0.15 : 0.6,
      openness: Math.exp(0.7 * normal(random)),
      stays: { from, to },
      silences: daysOf(random, perYear.silence).map((day) => ({ from: day, to: day + 7 + random.whole(40) })),
      trips: daysOf(random, perYear.trip).map((day) => ({
        from: day,
        to: day + 3 + random.whole(8),
        country: random.pick(countries),
      })),
      complaints: daysOf(random, perYear.complaint),
      badDays: daysOf(random, perYear.badDay),
      hotlineDays: daysOf(random, perYear.hotline),
      newDevices: daysOf(random, perYear.device),
      contractEnd,
      profile: {
        ...(record as Profile),
        event_time: from > 0 ? at + 9 * 3_600_000 : at,
        tenure_start: new Date(tenure + 8 * 3_600_000).toISOString().slice(0, 10),
        plan_data_mb: plan.data,
        plan_voice_min: 200,
        billing_day: billingDay,
        contract_end: contractEnd,
        tags: { plan_fee: String(plan.fee), ...(from > 0 ? {} : { ...habits, ...roamed }) },
      },
    }
  })
}

/** A civil day of the year (from 0; beyond it too) as YYYY-MM-DD. */
export const isoDay = (day: number): string => new Date(Date.UTC(2026, 0, 1) + day * dayMs).toISOString().slice(0, 10)

/** Box and Muller. */
export function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random.next())) * Math.cos(2 * Math.PI * random.next())
}

/** Knuth's, for means of some units. */
export function poisson(random: Random, mean: number): number {
  const limit = Math.exp(-mean)
  let count = 0
  for (let product = random.next(); product > limit; product *= random.next()) count++
  return count
}

const daysOf = (random: Random, mean: number): number[] =>
  Array.from({ length: poisson(random, mean) }, () => random.whole(daysOfYear))
