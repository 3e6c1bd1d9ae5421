import type { Command, Decision } from '../../services/records/types.ts'
import type { Policy } from '../../services/rules/catalogue.ts'
import type { Purpose } from '../../services/rules/ruleset.ts'
import type { Channel } from '../../services/topology.ts'
import type { Timed } from './streams.ts'

/** What was sent, as the judge sees it. */
export interface Sent {
  readonly id: string
  readonly at: number
  readonly purpose: Purpose
  readonly rule: string
  readonly offer: string
  readonly channel: Channel
}

export const sentOf = ({ command_id, issued_at, purpose, rule, offer, channel }: Command): Sent => ({
  id: command_id,
  at: issued_at,
  purpose,
  rule,
  offer: offer ?? '',
  channel,
})

export const categories: Readonly<Record<string, string>> = { booster: 'data', review: 'tariff' }

/**
 * A judge of its own: it reads the inputs, the policy and the commands that were given, and knows nothing of decide's
 * state, windows or zones beyond what Intl says of a wall clock.
 */
export function judge(stream: readonly Timed[], policy: Policy, commands: readonly Sent[]) {
  const until = (now: number) => stream.filter(({ at }) => at <= now)

  const latest = <T>(now: number, pick: (timed: Timed) => T | null | undefined): T | undefined =>
    until(now)
      .map(pick)
      .filter((value) => value != null)
      .at(-1) as T | undefined
  const profileField = (now: number, field: 'time_zone' | 'birth_date' | 'billing_day') =>
    latest<string | number>(now, ({ input }) => (input.type === 'profile' ? input.value[field] : null))
  const zoneAt = (now: number) => String(profileField(now, 'time_zone') ?? policy.defaultTimeZone)
  const walls = new Map<string, string>()
  function wall(at: number, zone: string): string {
    const key = `${zone} ${at}`
    const known = walls.get(key) ?? new Date(at).toLocaleString('sv-SE', { timeZone: zone })
    walls.set(key, known)
    return known
  }

  /** Touches as of `now`, without those that provably did not leave. */
  function touches(now: number, before: number) {
    return commands.slice(0, before).flatMap((sent) => {
      const { id, at } = sent
      const receipts = until(now).flatMap(({ input }) =>
        input.type === 'receipt' && input.value.command_id === id && input.value.received_at >= at ? [input.value] : [],
      )
      const left = receipts.find(({ status }) => status === 'accepted' || status === 'delivered')
      if (left) return [{ ...sent, at: left.received_at }]
      return receipts.some(({ status }) => status === 'failed') ? [] : [sent]
    })
  }

  function monday(date: string): string {
    const day = new Date(`${date}T00:00Z`)
    day.setUTCDate(day.getUTCDate() - ((day.getUTCDay() + 6) % 7))
    return day.toISOString().slice(0, 10)
  }

  function civil(at: number, unit: string, zone: string, billingDay: number): string {
    const date = wall(at, zone).slice(0, 10)
    if (unit === 'week') return monday(date)
    if (unit !== 'billing-month') return date.slice(0, { day: 10, month: 7, year: 4 }[unit])
    const [year, month, day] = date.split('-').map(Number) as [number, number, number]
    const begins = Math.min(billingDay, new Date(Date.UTC(year, month, 0)).getUTCDate())
    return String(12 * year + month - (day < begins ? 1 : 0))
  }

  /** What was refused by `now`, since the last yes to something; once a reply. Of what: null if that isn't known. */
  function refusals(now: number): readonly { at: number; sent: Sent | null }[] {
    let standing: { at: number; sent: Sent | null }[] = []
    const seen = new Set<string>()
    for (const { input } of until(now)) {
      if (input.type !== 'reply' || seen.has(input.value.event_id)) continue
      const { event_id, text, in_reply_to, event_time: at } = input.value
      seen.add(event_id)
      const then = commands.filter((sent) => sent.at <= at)
      const last = touches(at, then.length).filter(({ channel }) => channel === 'sms')
      const sent =
        in_reply_to == null
          ? last.reduce<Sent | null>((latest, one) => (latest && latest.at > one.at ? latest : one), null)
          : (then.find(({ id }) => id === in_reply_to) ?? null)
      if (sent && !commercial(sent.purpose)) continue
      if (text === 'no') standing.push({ at, sent })
      if (text === 'yes' && sent) standing = []
    }
    return standing
  }

  /** The newest that was said of it; at the same instant the refusal. */
  function consents(purpose: Purpose, now: number): boolean {
    const said = until(now).flatMap(({ at, input }) => {
      if (input.type === 'reply')
        return purpose === 'marketing' && input.value.text === 'stop' ? [{ at, yes: false }] : []
      const state = input.type === 'profile' ? input.value.consent?.sms?.[purpose as 'care']?.state : undefined
      return state ? [{ at, yes: state === 'granted' }] : []
    })
    const newest = Math.max(...said.map(({ at }) => at))
    return said.length > 0 && said.every(({ at, yes }) => at < newest || yes)
  }

  function disturbed(now: number, code: string): boolean {
    const intervals = new Map<string, boolean>()
    for (const { at, input } of until(now)) {
      const change = input.type === 'moment' ? input.value.do_not_disturb : null
      if (change?.code !== code) continue
      const shut = intervals.get(`${change.key}@${at}`) === false
      intervals.set(change.key, change.phase === 'open' && now < change.until && !shut)
      if (change.phase === 'closed') intervals.set(`${change.key}@${at}`, false)
    }
    return ['1', '2'].some((key) => intervals.get(key))
  }

  const commercial = (purpose: Purpose) => purpose === 'marketing' || purpose === 'care'

  /** The reason holds for the purpose at `now`, with `before` commands given. */
  return function holds(
    code: string,
    decision: Pick<Decision, 'purpose' | 'expires_at' | 'rule' | 'offer'>,
    now: number,
    before: number,
  ): boolean {
    const { purpose, expires_at, rule, offer } = decision
    const category = categories[offer ?? '']
    const zone = zoneAt(now)
    switch (code) {
      case 'expired':
        return now >= expires_at
      case 'consent':
        return commercial(purpose) && !consents(purpose, now)
      case 'protected': {
        const born = profileField(now, 'birth_date')
        return commercial(purpose) && born === '2008-01-14' && wall(now, zone) < '2026-01-14'
      }
      case 'do-not-disturb':
      case 'open-issue':
        return commercial(purpose) && disturbed(now, code)
      case 'live-call':
        return purpose !== 'regulatory' && disturbed(now, code)
      case 'quiet-hours': {
        const time = wall(now, zone).slice(11, 16)
        const minute = Number(time.slice(0, 2)) * 60 + Number(time.slice(3))
        return (
          purpose !== 'regulatory' &&
          policy.quietHours.some(({ start, end }) =>
            start <= end ? start <= minute && minute < end : minute >= start || minute < end,
          )
        )
      }
      case 'cap':
        return (
          purpose === 'marketing' &&
          policy.caps.some((cap) => {
            const { purposes, channels, window, most } = cap
            const covers = (sent: { purpose: Purpose; channel: Channel; category: string | undefined }) =>
              purposes.includes(sent.purpose) &&
              (!channels || channels.includes(sent.channel)) &&
              (!cap.categories || cap.categories.includes(sent.category ?? 'none'))
            const day = Number(profileField(now, 'billing_day') ?? 1)
            const counted = touches(now, before).filter((sent) => covers({ ...sent, category: categories[sent.offer] }))
            const inside = counted.filter(({ at }) =>
              window.kind === 'rolling'
                ? at > now - window.length
                : civil(at, window.unit, zone, day) === civil(now, window.unit, zone, day),
            )
            return covers({ purpose, channel: 'sms', category }) && inside.length >= most
          })
        )
      case 'gap': {
        const gap = commercial(purpose) ? policy.gaps[purpose] : undefined
        return gap !== undefined && touches(now, before).some(({ at }) => now - at < gap)
      }
      case 'cooling':
        return (
          purpose === 'marketing' &&
          policy.cooling.some(({ of, after, within, length }) => {
            const mine = refusals(now).filter(
              ({ sent }) =>
                !sent ||
                {
                  all: true,
                  rule: sent.rule === rule,
                  offer: sent.offer === offer,
                  category: categories[sent.offer] === category,
                }[of],
            )
            return mine.some(
              (one) =>
                now - one.at < length && mine.filter(({ at }) => at <= one.at && one.at - at < within).length >= after,
            )
          })
        )
      case 'holdout':
        return purpose === 'marketing' && policy.holdout?.share === 1
      default:
        return false
    }
  }
}

/** The reasons in their order, as the judge knows them. */
export const chain = [
  'expired',
  'consent',
  'protected',
  'do-not-disturb',
  'open-issue',
  'live-call',
  'quiet-hours',
  'cap',
  'gap',
  'cooling',
  'holdout',
]
