import type { ReadEvent } from '../../../services/records/jsonl.ts'
import type { AppUsage, Cdr, Complaint } from '../../../services/records/types.ts'
import { trafficAt } from '../../../services/sample/day-shape.ts'
import { createRandom, type Random } from '../../../services/sample/random.ts'
import { dayMs, isoDay, normal, type Person, poisson, type Span, yearStart } from './person.ts'
import type { RecordedCalls } from './recorded-calls.ts'

const minute = 60_000
const hour = 60 * minute

/** One call in so many is told: a year of all of them would be some thirty million events. */
const callsTold = 0.2
/** Share of days with mobile data; one record tells the whole day's use of one app. */
const dataDays = 0.55
const quietCalls = ['sms', 'voice', 'voice', 'voice'] as const

const apps = [
  { app: 'wechat', category: 'social' },
  { app: 'douyin', category: 'video' },
  { app: 'bilibili', category: 'video' },
  { app: 'taobao', category: 'shopping' },
  { app: 'amap', category: 'navigation' },
  { app: 'honor-of-kings', category: 'game' },
] as const
const categories = ['network', 'tariff', 'billing', 'service'] as const

/** What a subscriber does of itself, day by day; the state is what is left on the prepaid account. */
export interface Life {
  /** Events of a civil day of the subscriber's, in no order; some lie some days ahead. Days are asked for in their order. */
  day(day: number): ReadEvent[]
  /** Somebody topped up: what is left then. */
  topUp(amount: number): number
}

export function createLife(person: Person, seed: number, recorded: RecordedCalls): Life {
  let balance = 2_000 + createRandom(seed, 12, person.number).whole(6_000)
  const { prepaid, planFee, planDataMb } = person

  return {
    topUp(amount) {
      balance += amount
      return balance
    },
    day(day) {
      const { from, to } = person.stays
      if (day < from || day > to) return []
      const random = createRandom(seed, 13, person.number, day)
      const midnight = yearStart + day * dayMs + person.midnightBehind
      let number = 0
      const head = (at: number, source: string): Head => ({
        event_id: `${person.number}-${day}-${number++}`,
        subscriber_id: person.id,
        event_time: Math.floor(at),
        source,
      })
      if (day === to) {
        const profile = head(midnight + 12 * hour, 'crm')
        return to < 365 ? [{ type: 'profile', record: { ...profile, status: 'deactivated' } }] : []
      }
      const events: ReadEvent[] = []
      if (day === from) {
        events.push({ type: 'profile', record: { ...person.profile, ...(from > 0 && { status: 'active' as const }) } })
      }
      const earliest = day === from ? person.profile.event_time + minute : midnight
      const sometime = () => Math.max(earliest, midnight + minuteOfTraffic(random) * minute + random.whole(minute))

      billing(events, random, head, day, midnight)
      troubles(events, random, head, day, sometime)
      if (person.silences.some((span) => isIn(span, day))) return events
      const trip = person.trips.find((span) => isIn(span, day))
      const abroad = trip?.country ?? null
      if (prepaid) balance -= Math.round(planFee / 30)
      for (let i = poisson(random, callsTold * person.calls + 0.05); i > 0; i--) {
        events.push({ type: 'cdr', record: call(random, head(sometime(), 'mediation'), abroad) })
      }
      if (person.badDays.includes(day)) badCalls(events, random, head, midnight)
      if (random.chance(dataDays)) {
        events.push({ type: 'app-usage', record: usage(random, head(sometime(), 'dpi'), abroad) })
      }
      if (prepaid && balance < 1_500 && random.chance(person.diligence)) {
        const amount = random.pick([3_000, 3_000, 5_000, 10_000])
        balance += amount
        const record = { ...head(sometime(), 'billing'), amount, currency: 'CNY', balance_after: balance }
        events.push({ type: 'recharge', record: { ...record, method: random.pick(['app', 'store', 'bank']) } })
      }
      return events
    },
  }

  function call(random: Random, head: Head, roaming_country: string | null): Cdr {
    const kind = random.pick(quietCalls)
    const duration_s = kind === 'voice' ? recorded.seconds(random) : 0
    const direction = random.chance(0.6) ? 'mo' : 'mt'
    const charge = direction === 'mo' && prepaid ? 10 + Math.ceil(duration_s / 60) : 0
    balance -= charge
    return {
      ...head,
      kind,
      direction,
      other_party: `p${(person.number * 31 + random.whole(25)) % 1_000_000}`,
      duration_s,
      cell_id: `c${random.whole(800)}`,
      roaming_country,
      end_cause: random.chance(0.015) ? 'dropped' : 'normal',
      charge,
      balance_after: prepaid ? balance : null,
    }
  }

  /** The cell is bad all morning. */
  function badCalls(events: ReadEvent[], random: Random, head: HeadOf, midnight: number): void {
    for (let i = 0; i < 3; i++) {
      const at = midnight + (9 + i) * hour + random.whole(30 * minute)
      events.push({
        type: 'cdr',
        record: { ...call(random, head(at, 'mediation'), null), kind: 'voice', end_cause: 'dropped' },
      })
    }
  }

  function usage(random: Random, head: Head, roaming_country: string | null): AppUsage {
    const isOwn = random.chance(person.usesApp ? 0.06 : 0.004)
    const used = apps[random.chance(0.6) ? person.favouriteApp : random.whole(apps.length)] ?? apps[0]
    // One record stands for the days without one, too.
    const mb = (person.dataMb * Math.exp(0.6 * normal(random))) / dataDays
    return {
      ...head,
      app: isOwn ? 'selfcare' : used.app,
      app_category: isOwn ? 'operator' : used.category,
      bytes_up: Math.round(mb * 50_000),
      bytes_down: Math.round(Math.min(mb, planDataMb) * 1_000_000),
      duration_s: 60 + random.whole(7_200),
      bearer: random.pick(['4g', '4g', '5g', 'wifi']),
      cell_id: `c${random.whole(800)}`,
      roaming_country,
      login: isOwn,
    }
  }

  /** Of who pays afterwards: a bill a month, paid within days or late. */
  function billing(events: ReadEvent[], random: Random, head: HeadOf, day: number, midnight: number): void {
    const date = isoDay(day)
    if (prepaid || Number(date.slice(8)) !== person.billingDay) return
    const over_plan = random.chance(0.15) ? 500 + random.whole(5_000) : 0
    const bill = {
      period: date.slice(0, 7),
      amount: planFee + over_plan,
      currency: 'CNY',
      due: isoDay(day + 15),
      over_plan,
    }
    const at = (days: number) => head(midnight + days * dayMs + 8 * hour + random.whole(hour), 'billing')
    events.push({ type: 'bill', record: { ...at(0), ...bill, status: 'issued' } })
    const isLate = random.chance(0.06)
    if (isLate) events.push({ type: 'bill', record: { ...at(16), ...bill, status: 'overdue' } })
    events.push({
      type: 'bill',
      record: { ...at(isLate ? 18 + random.whole(20) : 1 + random.whole(12)), ...bill, status: 'paid' },
    })
  }

  function troubles(events: ReadEvent[], random: Random, head: HeadOf, day: number, sometime: () => number): void {
    if (person.complaints.includes(day)) {
      const at = sometime()
      const about: Pick<Complaint, 'ticket_id' | 'category' | 'severity' | 'cell_id'> = {
        ticket_id: `t${person.number}-${day}`,
        category: random.chance(0.05) ? 'spam' : random.pick(categories),
        severity: 1 + random.whole(4),
        cell_id: null,
      }
      events.push({ type: 'complaint', record: { ...head(at, 'crm'), ...about, status: 'opened' } })
      const end = at + dayMs * (0.5 + 9 * random.next())
      if (random.chance(0.15)) {
        events.push({
          type: 'complaint',
          record: { ...head(at + (end - at) / 2, 'crm'), ...about, status: 'escalated' },
        })
      }
      if (random.chance(0.97)) {
        events.push({ type: 'complaint', record: { ...head(end, 'crm'), ...about, status: 'resolved' } })
      }
    }
    if (person.hotlineDays.includes(day)) {
      const at = sometime()
      const about = { call_id: `h${person.number}-${day}`, agent_id: 'a1', line: 'hotline', topic: null } as const
      events.push({ type: 'contact', record: { ...head(at, 'hotline'), ...about, phase: 'connected' } })
      const end = at + 2 * minute + random.whole(15 * minute)
      events.push({ type: 'contact', record: { ...head(end, 'hotline'), ...about, phase: 'ended' } })
    }
    if (person.newDevices.includes(day)) {
      const device = `device-${random.whole(40)}`
      events.push({ type: 'profile', record: { ...head(sometime(), 'crm'), device } })
    }
  }
}

interface Head {
  readonly event_id: string
  readonly subscriber_id: string
  readonly event_time: number
  readonly source: string
}
type HeadOf = (at: number, source: string) => Head

const isIn = ({ from, to }: Span, day: number): boolean => from <= day && day < to

const busiest = Math.max(...Array.from({ length: 1_440 }, (_, minuteOfDay) => trafficAt(minuteOfDay)))

/** As the traffic of a day is spread over it. */
function minuteOfTraffic(random: Random): number {
  for (;;) {
    const minuteOfDay = random.whole(1_440)
    if (random.next() * busiest < trafficAt(minuteOfDay)) return minuteOfDay
  }
}
