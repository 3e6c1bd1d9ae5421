import type { CivilUnit } from '../../../services/domain/civil-time.ts'
import type { Policy } from '../../../services/rules/catalogue.ts'
import type { Purpose } from '../../../services/rules/ruleset.ts'
import type { Channel } from '../../../services/topology.ts'

/** A message that left. */
export interface Send {
  readonly subscriber: string
  readonly purpose: Purpose
  readonly channel: Channel
  /** Milliseconds since 1970. */
  readonly at: number
  /** Where the subscriber was; IANA name. */
  readonly zone: string
}

/**
 * What of a policy some sends break, in sentences; none: nothing. It knows the sends and the policy, and nothing of the engine:
 * civil time is Intl's.
 */
export function breaches(sends: readonly Send[], policy: Policy): string[] {
  const found: string[] = []
  for (const own of Map.groupBy(sends, ({ subscriber }) => subscriber).values()) {
    const ordered = own.toSorted((a, b) => a.at - b.at)
    for (const [i, send] of ordered.entries()) {
      const before = ordered.slice(0, i)
      found.push(
        ...quietBreaches(send, policy),
        ...capBreaches(send, before, policy),
        ...gapBreaches(send, before, policy),
      )
    }
  }
  return found
}

const bound = ['marketing', 'care', 'service'] as const satisfies readonly Purpose[]

function* quietBreaches(send: Send, { quietHours }: Policy): Generator<string> {
  if (!(bound as readonly Purpose[]).includes(send.purpose)) return
  const { minuteOfDay } = wallClock(send)
  for (const { id, channels, start, end } of quietHours) {
    if (!channels.includes(send.channel)) continue
    const isQuiet = start < end ? minuteOfDay >= start && minuteOfDay < end : minuteOfDay >= start || minuteOfDay < end
    if (isQuiet) yield `${told(send)} is in quiet hours '${id}'`
  }
}

function* capBreaches(send: Send, before: readonly Send[], { caps }: Policy): Generator<string> {
  for (const { id, purposes, channels, categories, window, most } of caps) {
    if (categories) throw new Error(`cap '${id}': a send of the year doesn't say of which category it is`)
    const covers = ({ purpose, channel }: Send) => purposes.includes(purpose) && (channels?.includes(channel) ?? true)
    if (!covers(send)) continue
    const counted = before.filter(covers)
    const inside =
      window.kind === 'rolling'
        ? counted.filter(({ at }) => send.at - at < window.length)
        : counted.filter((other) => periodOf(other, window.unit) === periodOf(send, window.unit))
    if (inside.length + 1 > most)
      yield `${told(send)} is number ${inside.length + 1} of cap '${id}', which allows ${most}`
  }
}

function* gapBreaches(send: Send, before: readonly Send[], { gaps }: Policy): Generator<string> {
  const gap = gaps[send.purpose]
  const last = before.at(-1)
  if (gap !== undefined && last && send.at - last.at < gap) {
    yield `${told(send)} is ${send.at - last.at} ms behind the one before, where the gap is ${gap} ms`
  }
}

const told = ({ subscriber, purpose, channel, at }: Send): string =>
  `${purpose} by ${channel} to ${subscriber} at ${new Date(at).toISOString()}`

/** Begun periods are told apart by their first day, on the calendar of where the subscriber was. */
function periodOf(send: Send, unit: CivilUnit): string {
  const { date } = wallClock(send)
  if (unit === 'billing-month') throw new Error("the year's subscribers have no billing day")
  if (unit !== 'week') return date.slice(0, { day: 10, month: 7, year: 4 }[unit])
  const day = new Date(`${date}T00:00:00Z`)
  const sinceMonday = (day.getUTCDay() + 6) % 7
  return new Date(day.getTime() - sinceMonday * 86_400_000).toISOString().slice(0, 10)
}

const formats = new Map<string, Intl.DateTimeFormat>()

function wallClock({ at, zone }: Send): { readonly date: string; readonly minuteOfDay: number } {
  let format = formats.get(zone)
  if (!format) {
    format = new Intl.DateTimeFormat('sv-SE', { timeZone: zone, dateStyle: 'short', timeStyle: 'short' })
    formats.set(zone, format)
  }
  const [date = '', time = ''] = format.format(at).split(' ')
  const [hours = 0, minutes = 0] = time.split(':').map(Number)
  return { date, minuteOfDay: hours * 60 + minutes }
}
