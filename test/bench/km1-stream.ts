import type { AppUsage, Cdr, Complaint, Recharge } from '../../services/records/types.ts'
import type { EventType } from '../../services/topology.ts'
import { SplitMix64 } from './splitmix.ts'

/*
 * The stream of the reference job KM-1 in Keymoment's own records. The same numbers are drawn in the same order as by
 * the reference's generator, so that subscribers, times, order, late and doubled events are the same; what its records
 * say is said in the fields of ours:
 *
 *   KM-1                                  Keymoment
 *   eventId                               event_id (decimal), source 'km1'
 *   subscriberId, ts                      subscriber_id, event_time
 *   cdr.callType VOICE_MO, VOICE_MT, SMS  kind voice, voice, sms; direction mo, mt, mo
 *   cdr.durationSec, peer, cellId         duration_s, other_party, cell_id
 *   cdr.dropped                           end_cause dropped, else normal
 *   cdr.roaming                           roaming_country FR, else none
 *   cdr.international                     charge 100 (calls at home are in the plan and have none)
 *   cdr.balanceAfter                      balance_after
 *   recharge.amount, balanceAfter         amount, balance_after; currency CNY
 *   recharge.channel VOUCHER, APP, AGENT, WALLET    method voucher, app, store, bank
 *   complaint.category BILLING, NETWORK, SERVICE, OTHER    category billing, network, service, other; status opened
 *   complaint.severity 1 to 5             severity 1, 1, 2, 3, 4
 *   app-usage.app, durationSec, cellId    app, duration_s, cell_id
 *   app-usage.appClass                    app_category video, social, other
 *   app-usage.kbDown, kbUp                bytes_down, bytes_up: 1024 times as much
 *   app-usage.rat G3, LTE, NR             bearer 3g, 4g, 5g
 *
 * A recharge's voucher, a complaint's channel and text have no field here; producedAt is the log's append time.
 */

export const start = Date.UTC(2026, 0, 1)
const seed = 20_260_101
/** Events of the whole job, before doubled ones. */
export const wholeJob = 2_000_000
const subscribers = 1_000_000
/** Event i lies within the i-th of these slots: the whole job covers ten days. Milliseconds. */
const slot = (10 * 86_400_000) / wholeJob
/** Late and doubled events come behind by less. Milliseconds. */
export const grace = 60_000

// biome-ignore format: as in the reference
const apps = [
  'youtube', 'instagram', 'gmail', 'netflix', 'facebook', 'maps', 'twitch', 'whatsapp', 'drive', 'primevideo', 'snapchat', 'weather',
  'disneyplus', 'telegram', 'calendar', 'vimeo', 'x', 'news', 'tiktok', 'reddit', 'bank', 'hbomax', 'linkedin', 'speedtest',
  'iptv-trial', 'dating-pro', 'esim-shop', 'cloudgaming', 'sat-messenger', 'vpn-plus',
]
/** The apps of the first-use rules, in their order. */
export const rareApps = apps.slice(24)

export type Km1Event =
  | { readonly type: 'cdr'; readonly value: Cdr }
  | { readonly type: 'recharge'; readonly value: Recharge }
  | { readonly type: 'complaint'; readonly value: Complaint }
  | { readonly type: 'app-usage'; readonly value: AppUsage }

export const km1Types: readonly EventType[] = ['cdr', 'recharge', 'complaint', 'app-usage']

interface Delayed {
  readonly slot: number
  readonly number: number
  readonly event: Km1Event
}

/** The events in the order in which they come, late and doubled ones in their places. The same for the same `events`. */
export function* km1Stream(events = wholeJob): Generator<Km1Event> {
  const random = new SplitMix64(seed)
  const eventOf = createEvents(random)
  const delayed: Delayed[] = []
  for (let i = 0; i < events; i++) {
    while (delayed[0] !== undefined && delayed[0].slot <= i) yield (delayed.shift() as Delayed).event
    const event = eventOf(i)
    const dice = random.below(1000)
    const behind = 1 + random.below(Math.floor(grace / slot) - 2)
    if (dice >= 10) yield event
    // 1 % come late, 0.5 % twice.
    if (dice < 10 || dice >= 995) insert(delayed, { slot: i + behind, number: i, event })
  }
  for (const { event } of delayed) yield event
}

/** Few wait at a time, so they are kept sorted. */
function insert(delayed: Delayed[], entry: Delayed): void {
  let at = delayed.length
  for (; at > 0; at--) {
    const before = delayed[at - 1] as Delayed
    if (before.slot < entry.slot || (before.slot === entry.slot && before.number < entry.number)) break
  }
  delayed.splice(at, 0, entry)
}

const idOf = (subscriber: number): string => `46000${1_000_000_000 + ((subscriber * 7919) % 9_000_000_000)}`

function createEvents(random: SplitMix64): (i: number) => Km1Event {
  const balances = new Int32Array(subscribers)
  for (let i = 0; i < subscribers; i++) balances[i] = 200 + random.below(10_000)
  const span = subscribers ** 0.2 - 1

  /** Rank with density about rank^-0.8, spread over the ids. */
  function subscriber(): number {
    const x = random.unit() * span + 1
    const rank = Math.min(subscribers - 1, Math.trunc(x * x * x * x * x) - 1)
    return (rank * 387_420_489) % subscribers
  }

  const cell = () => `460-00-${10_000 + random.below(2000)}-${100 + random.below(300)}`

  function cdr(base: Base, subscriber: number): Cdr {
    const type = random.below(10)
    const isSms = type === 9
    const duration_s = isSms ? 0 : 1 + Math.trunc(-90 * Math.log(1 - random.unit()))
    const dropped = !isSms && random.below(100) < 2
    const roaming = random.below(1000) < 1
    const international = random.below(10_000) < 15
    const balance = Math.max(0, (balances[subscriber] as number) - 5 - Math.trunc(duration_s / 2))
    balances[subscriber] = balance
    return {
      ...base,
      kind: isSms ? 'sms' : 'voice',
      direction: type >= 5 && !isSms ? 'mt' : 'mo',
      duration_s,
      other_party: idOf(random.below(subscribers)),
      cell_id: cell(),
      roaming_country: roaming ? 'FR' : null,
      end_cause: dropped ? 'dropped' : 'normal',
      charge: international ? 100 : null,
      balance_after: balance,
    }
  }

  function recharge(base: Base, subscriber: number): Recharge {
    const amount = [300, 500, 1000, 2000][Math.min(3, random.below(5))] as number
    const dice = random.below(100)
    const method = dice === 0 ? 'bank' : (['voucher', 'app', 'store'] as const)[dice % 3]
    const balance = Math.min(100_000, (balances[subscriber] as number) + amount)
    balances[subscriber] = balance
    random.next() // the voucher
    return { ...base, amount, currency: 'CNY', method: method ?? 'bank', balance_after: balance }
  }

  function complaint(base: Base): Complaint {
    const category = (['billing', 'network', 'service', 'other'] as const)[random.below(4)] ?? 'other'
    const severity = Math.max(1, random.below(5))
    random.next() // the channel
    random.next() // the text
    return { ...base, ticket_id: `t${base.event_id}`, category, status: 'opened', severity, cell_id: null }
  }

  function appUsage(base: Base): AppUsage {
    const dice = random.below(10_000)
    const app = dice < 12 ? 24 + Math.trunc(dice / 2) : dice % 24
    const x = -Math.log(1 - random.unit())
    const down = Math.trunc(x * ([60_000, 15_000, 6000][app % 3] as number))
    return {
      ...base,
      app: apps[app] as string,
      app_category: ['video', 'social', 'other'][app % 3] as string,
      bytes_down: 1024 * down,
      bytes_up: 1024 * Math.trunc(down / 20),
      duration_s: 1 + random.below(1800),
      bearer: (['3g', '4g', '5g'] as const)[random.below(3)] ?? '5g',
      cell_id: cell(),
      roaming_country: null,
      login: false,
    }
  }

  return (i) => {
    const who = subscriber()
    const event_time = start + i * slot + random.below(slot)
    const dice = random.below(100)
    const base = { event_id: String(i), subscriber_id: idOf(who), event_time, source: 'km1' }
    if (dice < 60) return { type: 'app-usage', value: appUsage(base) }
    if (dice < 95) return { type: 'cdr', value: cdr(base, who) }
    if (dice < 99) return { type: 'recharge', value: recharge(base, who) }
    return { type: 'complaint', value: complaint(base) }
  }
}

interface Base {
  readonly event_id: string
  readonly subscriber_id: string
  readonly event_time: number
  readonly source: string
}
