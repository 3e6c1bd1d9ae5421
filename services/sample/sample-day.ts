import type { ReadEvent } from '../records/jsonl.ts'
import { trafficAt } from './day-shape.ts'
import { createPopulation, profileOf, type SampleSubscriber } from './population.ts'
import { createRandom, type Random } from './random.ts'

const minute = 60_000
const day = 1_440 * minute
/** Local midnight of the sample's first day, a Monday, in Asia/Shanghai (UTC+8 all year). */
const utcOffset = 8 * 60 * minute
const firstMidnight = Date.UTC(2026, 2, 2) - utcOffset
/** Where the stream begins: eight in the morning, when quiet hours end. */
export const sampleStart = firstMidnight + 8 * 60 * minute
/** Events a subscriber has in a day, on average. */
const eventsPerDay = 26

const apps = ['wechat', 'douyin', 'bilibili', 'taobao', 'amap', 'kuaishou'] as const
const categories: Readonly<Record<string, string>> = {
  wechat: 'social',
  douyin: 'video',
  bilibili: 'video',
  taobao: 'shopping',
  amap: 'navigation',
  kuaishou: 'video',
}

/** A stream of events of a whole operator, minute by minute; the same for the same seed. */
export interface SampleStream {
  /** What was known before it begins: profiles, prepaid balances that ran low two days ago, and this morning's logins. */
  history(): Generator<ReadEvent>
  /** Events of the minute that begins at `from`, ordered by time. Minutes must be asked in order within a day. */
  minute(from: number): ReadEvent[]
}

export function createSampleStream(size: number, seed: number): SampleStream {
  const population = createPopulation(size, seed)
  const pickSubscriber = weighted(population)
  const balances = new Map<number, number>()
  let balancesOf = Number.NaN

  /** Balances begin anew each midnight, so that a stream that goes on in mid-day needs only that day again. */
  function balance(number: number, today: number): number {
    if (today !== balancesOf) {
      balances.clear()
      balancesOf = today
    }
    const known = balances.get(number)
    if (known !== undefined) return known
    return 1_000 + createRandom(seed, 2, number, today).whole(9_000)
  }

  function event(random: Random, at: number, id: string): ReadEvent {
    const number = pickSubscriber(random)
    const subscriber = population[number] as SampleSubscriber
    const head = { event_id: id, subscriber_id: subscriber.id, event_time: at }
    const today = Math.floor((at + utcOffset) / day)
    const kind = random.next()
    if (kind < 0.006 && subscriber.prepaid) {
      const amount = random.pick([1_000, 3_000, 5_000, 10_000, 20_000])
      const after = balance(number, today) + amount
      balances.set(number, after)
      return {
        type: 'recharge',
        record: {
          ...head,
          source: 'sample-billing',
          amount,
          currency: 'CNY',
          method: random.pick(['app', 'store', 'bank']),
          balance_after: after,
        },
      }
    }
    if (kind < 0.0065) return complaint(random, head)
    if (kind < 0.24) return call(random, head, subscriber, number, today)
    return usage(random, head, subscriber)
  }

  function complaint(random: Random, head: Head): ReadEvent {
    return {
      type: 'complaint',
      record: {
        ...head,
        source: 'sample-crm',
        ticket_id: `T-${head.event_id}`,
        category: random.pick(['network', 'tariff', 'billing', 'service']),
        status: 'opened',
        severity: 1 + random.whole(4),
        cell_id: null,
      },
    }
  }

  function call(random: Random, head: Head, subscriber: SampleSubscriber, number: number, today: number): ReadEvent {
    const voice = random.chance(0.8)
    const dropped = random.chance(0.02)
    const duration = voice ? Math.ceil(-90 * Math.log(1 - random.next())) : 0
    const direction = random.chance(0.55) ? 'mo' : 'mt'
    const charge = direction === 'mo' ? (voice ? Math.ceil(duration / 60) * 12 : 10) : 0
    const after = balance(number, today) - charge
    if (subscriber.prepaid) balances.set(number, after)
    return {
      type: 'cdr',
      record: {
        ...head,
        source: 'sample-mediation',
        kind: voice ? 'voice' : 'sms',
        direction,
        other_party: `p${random.whole(1_000_000)}`,
        duration_s: duration,
        cell_id: `c${random.whole(800)}`,
        roaming_country: random.chance(0.0008) ? 'TH' : null,
        end_cause: dropped ? 'dropped' : 'normal',
        charge,
        balance_after: subscriber.prepaid ? after : null,
      },
    }
  }

  function usage(random: Random, head: Head, subscriber: SampleSubscriber): ReadEvent {
    // One in three hundred of those who never used the operator's own app tries it.
    const own = random.chance(subscriber.usesApp ? 0.03 : 0.0033)
    const app = own ? 'selfcare' : random.pick(apps)
    const video = categories[app] === 'video'
    return {
      type: 'app-usage',
      record: {
        ...head,
        source: 'sample-dpi',
        app,
        app_category: own ? 'operator' : (categories[app] ?? 'other'),
        bytes_up: random.whole(video ? 2_000_000 : 400_000),
        bytes_down: random.whole(video ? 150_000_000 : 8_000_000),
        duration_s: 20 + random.whole(1_200),
        bearer: random.pick(['4g', '4g', '5g', '5g', 'wifi']),
        cell_id: `c${random.whole(800)}`,
        roaming_country: null,
        login: own,
      },
    }
  }

  return {
    *history() {
      const known = (number: number, at: number) => {
        const tenure = createRandom(seed, 3, number).whole(2_500)
        return profileOf(population[number] as SampleSubscriber, number, at, firstMidnight - (3 + tenure) * day)
      }
      // Forty-eight hours before eight in the morning and the hours behind it, one in eighty prepaid balances ran low.
      const low = new Map<number, ReadEvent>()
      for (const [number, subscriber] of population.entries()) {
        const random = createRandom(seed, 4, number)
        if (subscriber.prepaid && random.chance(0.0125)) low.set(number, lowBalance(subscriber, number, random))
      }
      for (const number of low.keys()) yield known(number, firstMidnight - 3 * day)
      yield* [...low.values()].sort((a, b) => a.record.event_time - b.record.event_time)
      // Of the others nothing is known of the days before, and each day costs a look at each at its hours.
      for (const number of population.keys()) if (!low.has(number)) yield known(number, sampleStart - minute)
      for (const [number, { id, isInApp }] of population.entries()) if (isInApp) yield morningLogin(id, number)
    },
    minute(from) {
      const random = createRandom(seed, 5, Math.floor(from / minute))
      const minuteOfDay = ((Math.floor((from + utcOffset) / minute) % 1_440) + 1_440) % 1_440
      const mean = (size * eventsPerDay * trafficAt(minuteOfDay)) / 1_440
      const count = Math.floor(mean) + (random.chance(mean % 1) ? 1 : 0)
      const times = Array.from({ length: count }, () => from + random.whole(minute)).sort((a, b) => a - b)
      return times.map((at, i) => event(random, at, `e${Math.floor(from / minute)}-${i}`))
    },
  }
}

interface Head {
  readonly event_id: string
  readonly subscriber_id: string
  readonly event_time: number
}

function lowBalance(subscriber: SampleSubscriber, number: number, random: Random): ReadEvent {
  return {
    type: 'cdr',
    record: {
      event_id: `low-${number}`,
      subscriber_id: subscriber.id,
      event_time: sampleStart - 2 * day + random.whole(6 * 60) * minute,
      source: 'sample-mediation',
      kind: 'voice',
      direction: 'mo',
      other_party: `p${random.whole(1_000_000)}`,
      duration_s: 60,
      cell_id: null,
      roaming_country: null,
      end_cause: 'normal',
      charge: 12,
      balance_after: 100 + random.whole(800),
    },
  }
}

/** A look into the operator's app over breakfast, by WLAN. */
const morningLogin = (subscriber_id: string, number: number): ReadEvent => ({
  type: 'app-usage',
  record: {
    event_id: `morning-${number}`,
    subscriber_id,
    event_time: sampleStart - minute / 2,
    source: 'sample-dpi',
    app: 'selfcare',
    app_category: 'operator',
    bytes_up: 20_000,
    bytes_down: 300_000,
    duration_s: 60,
    bearer: 'wifi',
    cell_id: null,
    roaming_country: null,
    login: true,
  },
})

/** Draws subscribers by their weight: binary search over the running sum. */
function weighted(population: readonly SampleSubscriber[]): (random: Random) => number {
  const sums = new Float64Array(population.length)
  let sum = 0
  for (const [i, { weight }] of population.entries()) {
    sum += weight
    sums[i] = sum
  }
  return (random) => {
    const target = random.next() * sum
    let low = 0
    let high = sums.length - 1
    while (low < high) {
      const middle = (low + high) >> 1
      if ((sums[middle] as number) <= target) low = middle + 1
      else high = middle
    }
    return low
  }
}
