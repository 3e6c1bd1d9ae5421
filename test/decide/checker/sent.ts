import type { Command } from '../../../services/records/types.ts'
import type { Policy } from '../../../services/rules/catalogue.ts'
import { type History, toldOf } from './history.ts'
import { saidBy } from './words.ts'

/** A message that left, or may have, as far as that was known. */
export interface Sent
  extends Pick<Command, 'command_id' | 'moment_id' | 'purpose' | 'channel' | 'rule' | 'offer' | 'category'> {
  /** When it was commanded; once it is known to have left, when that was. */
  readonly at: number
  /** Once it is known to have left, when that was; else the latest instant at which it may. A task: when it was given. */
  readonly leftBy: number
}

/** What counts: everything but what provably didn't leave. */
export function sentBy(history: History): readonly Sent[] {
  const sent = new Map<string, Sent & { readonly fate: 'unknown' | 'left' | 'stayed' }>()
  for (const entry of history) {
    if (entry.kind === 'command') {
      const { command } = entry
      if (!sent.has(command.command_id)) {
        sent.set(command.command_id, { ...command, at: command.issued_at, leftBy: latestOf(command), fate: 'unknown' })
      }
    } else if (entry.kind === 'told' && entry.told.type === 'receipt') {
      const { command_id, status, received_at } = entry.told.value
      const known = sent.get(command_id)
      if (!known || known.fate === 'left') continue
      if (status === 'unknown') {
        // Nothing of it leaves any more.
        const leftBy = Math.max(known.at, Math.min(known.leftBy, received_at))
        sent.set(command_id, { ...known, leftBy })
        continue
      }
      const at = Math.max(known.at, Math.min(received_at, entry.at))
      if (status === 'failed' || status === 'expired') sent.set(command_id, { ...known, fate: 'stayed' })
      else sent.set(command_id, { ...known, at, leftBy: at, fate: 'left' })
    }
  }
  return [...sent.values()].filter(({ fate }) => fate !== 'stayed')
}

const latestOf = ({ channel, issued_at, not_after }: Command): number =>
  channel === 'task' ? issued_at : Math.max(issued_at, not_after)

/** A no that still stands. */
export interface Refusal {
  readonly at: number
  /** What was refused; undefined: nobody knows. */
  readonly sent: Sent | undefined
}

/** What was refused since the last yes. */
export function refusalsIn(history: History, policy: Policy, endedAt: number): readonly Refusal[] {
  const seen = new Set<string>()
  const refusals: Refusal[] = []
  let accepted = Number.NEGATIVE_INFINITY
  history.forEach((entry, index) => {
    if (entry.kind !== 'told' || entry.told.type !== 'reply') return
    const { source, event_id, event_time: at, channel, in_reply_to } = entry.told.value
    const said = saidBy(entry.told.value, policy)
    if (said === undefined || said === 'opted-out' || seen.has(`${source} ${event_id}`) || at <= endedAt) return
    const before = history.slice(0, index)
    const sent =
      in_reply_to == null
        ? lastOf(sentBy(before).filter((one) => one.channel === channel && one.at <= at))
        : commandOf(before, in_reply_to)
    if (sent && sent.purpose !== 'marketing' && sent.purpose !== 'care') return
    seen.add(`${source} ${event_id}`)
    if (said === 'refused') refusals.push({ at, sent })
    else if (sent) accepted = Math.max(accepted, at)
  })
  return refusals.filter(({ at }) => at >= accepted)
}

const lastOf = (some: readonly Sent[]): Sent | undefined =>
  some.reduce<Sent | undefined>((last, one) => (last && last.at > one.at ? last : one), undefined)

function commandOf(history: History, id: string): Sent | undefined {
  const entry = history.find((one) => one.kind === 'command' && one.command.command_id === id)
  return entry?.kind === 'command'
    ? { ...entry.command, at: entry.command.issued_at, leftBy: latestOf(entry.command) }
    : undefined
}

/** Whether an interval of do-not-disturb is open: a complaint, a call, or what else the rules call so. */
export function isDisturbed(
  history: History,
  code: 'do-not-disturb' | 'open-issue' | 'live-call',
  { channel, purpose }: Pick<Command, 'channel' | 'purpose'>,
  now: number,
  endedAt: number,
): boolean {
  const moments = new Map(
    toldOf(history, 'moment')
      .toReversed()
      .map((moment) => [moment.moment_id, moment]),
  )
  const changes = [...moments.values()]
    .toReversed()
    .flatMap(({ rule, at, do_not_disturb, mode }) =>
      do_not_disturb && mode === 'live' && at > endedAt
        ? [{ ...do_not_disturb, name: `${rule} ${do_not_disturb.key}`, at }]
        : [],
    )
  return [...Map.groupBy(changes, ({ name }) => name).values()].some((own) => {
    // At one instant the end counts.
    const ordered = own.toSorted((a, b) => a.at - b.at || Number(a.phase === 'closed') - Number(b.phase === 'closed'))
    let until = Number.NEGATIVE_INFINITY
    for (const { phase, at, until: end, lingers_until } of ordered) {
      if (phase === 'open') until = end
      else until = at < until ? (lingers_until ?? at) : Math.min(until, at)
    }
    const last = ordered.at(-1)
    if (!last || last.code !== code || now >= until || now < last.at) return false
    const { channels, purposes } = last
    const silent = code === 'live-call' ? ['sms', 'ivr', 'push'] : [channel]
    const held = code === 'live-call' ? ['marketing', 'care', 'service'] : ['marketing', 'care']
    const isChannel = channels.length > 0 ? channels.includes(channel) : silent.includes(channel)
    return isChannel && (purposes.length > 0 ? purposes.includes(purpose) : held.includes(purpose))
  })
}
