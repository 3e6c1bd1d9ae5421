import type { Decision, Profile } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { firstOf, iso, momentsJudged, momentsOf } from './judge-moments.ts'
import type { Run } from './run.ts'
import type { Workload } from './workload.ts'

const minute = 60_000
const hour = 60 * minute

/** What the policy of the simulated catalogue says, in words of its own. */
const quiet = { from: 22, to: 8 }
const capMs = 72 * hour
const capMost = 2
const gapMs = { marketing: 12 * hour, care: 2 * hour }
/** `once` of rules that have one. */
const onceMs: Readonly<Record<string, number>> = {
  'busy-day': 24 * hour,
  'long-talk': 12 * hour,
  silence: 48 * hour,
  'low-balance': 24 * hour,
}
/** A clock that jumped, a record that was under way: who acts can't know better. */
export const knownAfterMs = 5 * minute
export const clockToleranceMs = 3 * minute

/**
 * Judges a run by what went in, what is on the log and what providers got, and knows nothing of the engine's states. What it
 * finds is told in sentences; none: every promise was kept.
 */
export function judge(run: Run, workload: Workload, undisturbed: Run | undefined): string[] {
  const found: string[] = []
  const moments = momentsOf(run)
  const decisions = run.read(topics.decisions).map(({ value }) => value)
  const commands = firstOf(run.read(topics.commands.sms).map(({ value }) => [value.command_id, value]))
  const receipts = run.read(topics.receipts).map(({ value }) => value)
  const attempted = new Set(run.read(topics.attempts).map(({ value }) => value.command_id))
  for (const { value } of run.read(topics.deadLetters)) found.push(`a dead letter: ${value.code} ${value.reason}`)

  found.push(...momentsJudged(run, undisturbed, (rule) => onceMs[rule]))

  const final = new Map<string, Decision>()
  for (const decision of decisions) {
    const { moment_id, outcome, code } = decision
    if (!code && outcome !== 'command' && outcome !== 'recorded') found.push(`a decision without a code: ${moment_id}`)
    if (outcome === 'deferred') continue
    const before = final.get(moment_id)
    // What was commanded may be taken back.
    if (before && before.outcome !== outcome && !(before.outcome === 'command' && outcome === 'withdrawn')) {
      found.push(`decided twice: ${moment_id} ${before.outcome} and ${outcome} ${code ?? ''}`)
    }
    final.set(moment_id, before ?? decision)
  }
  for (const [id, { rule }] of moments) if (!final.has(id)) found.push(`a moment without a decision: ${rule} ${id}`)
  for (const [id, { command_id, outcome }] of final) {
    if (outcome === 'command' && !commands.has(command_id ?? '')) found.push(`a command lost before the log: of ${id}`)
  }
  const ofMoment = new Map<string, string>()
  for (const { command_id, moment_id } of commands.values()) {
    if (ofMoment.has(moment_id)) found.push(`two commands of one moment: ${moment_id}`)
    ofMoment.set(moment_id, command_id)
    if (final.get(moment_id)?.outcome !== 'command') found.push(`a command without its decision: ${command_id}`)
  }

  const told = new Set(receipts.map(({ command_id }) => command_id))
  for (const { command_id, status, code } of receipts) {
    if (status !== 'accepted' && !code) found.push(`a receipt without a code: ${command_id} ${status}`)
  }
  for (const id of commands.keys()) if (!told.has(id)) found.push(`a command lost: ${id}`)

  const times = new Map<string, number>()
  for (const { commandId, at } of run.sent) {
    const command = commands.get(commandId)
    if (!command) {
      found.push(`sent without a command: ${commandId}`)
      continue
    }
    times.set(commandId, (times.get(commandId) ?? 0) + 1)
    const { purpose, subscriber_id, rule } = command
    if (purpose !== 'service' && times.get(commandId) === 2) found.push(`sent twice: ${purpose} ${rule} ${commandId}`)
    if (!attempted.has(commandId)) found.push(`sent without an attempt on the log: ${commandId}`)
    if (isQuiet(at)) found.push(`sent in quiet hours: ${rule} ${iso(at)}`)
    if (at > command.not_after + clockToleranceMs) found.push(`sent too late: ${rule} ${iso(at)}`)
    if (purpose === 'service') continue
    const said = `${purpose} ${rule} of ${subscriber_id}, commanded ${iso(command.issued_at)}, sent ${iso(at)}`
    if (hasRefused(workload, subscriber_id, command.issued_at)) found.push(`sent without consent: ${said}`)
    if (complains(workload, subscriber_id, command.issued_at)) found.push(`sent in spite of a complaint: ${said}`)
  }

  const left = [...commands.values()].filter(({ command_id }) => times.has(command_id))
  for (const { command_id, subscriber_id, purpose, issued_at, rule } of left) {
    if (purpose === 'service') continue
    // Of one subscriber they are in the order of the log, which is that in which they were decided.
    const own = left.filter((other) => other.subscriber_id === subscriber_id)
    const others = own.slice(
      0,
      own.findIndex((other) => other.command_id === command_id),
    )
    const gap = gapMs[purpose as 'marketing' | 'care']
    const near = others.find((other) => issued_at - other.issued_at < gap)
    if (near) found.push(`sent within the gap: ${rule} ${iso(issued_at)} behind ${near.rule} ${iso(near.issued_at)}`)
    if (purpose !== 'marketing') continue
    const counted = others.filter((other) => other.purpose === purpose && issued_at - other.issued_at < capMs)
    if (counted.length >= capMost) found.push(`sent beyond the cap: ${rule} of ${subscriber_id} ${iso(issued_at)}`)
  }
  return found
}

/** Winter time all along; a clock that is some minutes wrong is forgiven at both ends. */
export function isQuiet(at: number): boolean {
  const hourOf = (time: number) => new Date(time + hour).getUTCHours()
  const inside = (time: number) => hourOf(time) >= quiet.from || hourOf(time) < quiet.to
  return inside(at - clockToleranceMs) && inside(at + clockToleranceMs)
}

/** The newest word is no, whether or not what came just now is known. */
function hasRefused({ arrivals }: Workload, subscriber: string, at: number): boolean {
  const said = arrivals.flatMap((arrival) => {
    const { event } = arrival
    if (event.type !== 'profile' || event.record.subscriber_id !== subscriber) return []
    return [{ at: arrival.at, record: event.record as Profile }]
  })
  const newest = (until: number) =>
    said
      .filter((word) => word.at < until)
      .toSorted((a, b) => a.record.event_time - b.record.event_time)
      .at(-1)?.record.consent?.sms?.marketing?.state
  return newest(at - knownAfterMs) === 'refused' && newest(at) === 'refused'
}

/** A complaint is open that was on the log for long enough, and its end was not. */
function complains({ arrivals }: Workload, subscriber: string, at: number): boolean {
  const open = new Set<string>()
  for (const { at: arrivedAt, event } of arrivals) {
    if (event.type !== 'complaint' || event.record.subscriber_id !== subscriber || !('ticket_id' in event.record))
      continue
    const { ticket_id, status } = event.record
    if (status === 'opened' && arrivedAt < at - knownAfterMs) open.add(ticket_id)
  }
  for (const { event } of arrivals) {
    if (event.type !== 'complaint' || !('ticket_id' in event.record)) continue
    const { ticket_id, status, event_time } = event.record
    if (status === 'resolved' && event_time <= at + knownAfterMs) open.delete(ticket_id)
  }
  return open.size > 0
}
