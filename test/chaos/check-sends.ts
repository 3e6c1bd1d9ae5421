import type { Command } from '../../services/records/types.ts'
import type { Evidence, Finding } from './check.ts'
import type { Outputs } from './read-log.ts'
import { type Arrival, subscriberOf, zoneOf } from './workload.ts'

const second = 1_000
const minute = 60 * second

/** What the campaign's policy says, in words of its own. */
const capMs = 5 * minute
const capMost = 2
const gapMs = { marketing: 3 * second, care: 2 * second }
const lingersMs = 5 * second

/** A message, or a part of one, that the SMSC took, and the command that it is of. */
interface Taken {
  readonly command: Command
  readonly text: string
  /** Milliseconds since 1970, by the SMSC. */
  readonly at: number
}

/** What left, held against what was commanded, agreed to and allowed. */
export function* checkSends(evidence: Evidence): Generator<Finding> {
  const { outputs, quiet, clockToleranceMs } = evidence
  const commands = distinctCommands(outputs)
  const attempted = new Set(outputs.attempts.map(({ value }) => value.command_id))
  const { taken, strange } = takenOf(evidence)
  for (const told of strange) yield { promise: 'sent without an attempt or a command', told }

  const times = new Map<string, number>()
  for (const { command, text, at } of taken) {
    const said = `${command.purpose} ${command.rule} of ${command.subscriber_id}, sent ${iso(at)}`
    const part = `${command.command_id} ${text}`
    times.set(part, (times.get(part) ?? 0) + 1)
    if (command.purpose !== 'service' && times.get(part) === 2) {
      yield { promise: command.purpose === 'care' ? 'care sent twice' : 'marketing sent twice', told: said }
    }
    if (!attempted.has(command.command_id)) yield { promise: 'sent without an attempt or a command', told: said }
    const isQuiet = quiet.some(({ from, to }) => at > from + clockToleranceMs && at < to - clockToleranceMs)
    if (isQuiet && zoneOf(command.subscriber_id) === 'Europe/Berlin') yield { promise: 'in quiet hours', told: said }
    if (at > command.not_after + clockToleranceMs) yield { promise: 'in quiet hours', told: `too late: ${said}` }
  }

  const sent = new Set(taken.map(({ command }) => command.command_id))
  yield* checkReceipts(evidence, commands, sent)
  const arrivals = Map.groupBy(evidence.workload.arrivals, ({ event }) => event.record.subscriber_id)
  const left = [...commands.values()].filter(({ command_id, purpose }) => sent.has(command_id) && purpose !== 'service')
  for (const command of left) {
    const { purpose, rule, subscriber_id, issued_at } = command
    const said = `${purpose} ${rule} of ${subscriber_id}, commanded ${iso(issued_at)}`
    const own = (arrivals.get(subscriber_id) ?? []).filter(({ spoilt }) => !spoilt)
    if (hasRefused(own, evidence, command)) yield { promise: 'without consent', told: said }
    if (complains(own, evidence, command)) yield { promise: 'in spite of do-not-disturb', told: said }
  }
  yield* checkTouches([...commands.values()].filter(({ command_id }) => sent.has(command_id)))
}

/** As they were said first: one that is taken back comes again, without its text. */
export const distinctCommands = ({ commands }: Outputs): Map<string, Command> =>
  new Map(commands.filter(({ value }) => !isTakenBack(value)).map(({ value }) => [value.command_id, value]))

const isTakenBack = ({ cancelled_because }: Command): boolean => cancelled_because != null

/** Each message's command: of a subscriber, a text is that of one rule, and a rule contacts a subscriber once. */
export function takenOf({ outputs, submits }: Evidence): {
  readonly taken: readonly Taken[]
  readonly strange: string[]
} {
  const bySubscriber = Map.groupBy(distinctCommands(outputs).values(), ({ subscriber_id }) => subscriber_id)
  const taken: Taken[] = []
  const strange: string[] = []
  for (const { destination, text, at, answer, flaws } of submits) {
    if (flaws.length > 0) strange.push(`flaws: ${flaws.join(', ')} in '${text}'`)
    if (!['00', 'silent', 'dropped'].includes(answer)) continue
    const subscriber = subscriberOf(Number(destination.slice('49151'.length)) - 10_000_000)
    const command = bySubscriber.get(subscriber)?.find((one) => one.text.includes(text))
    if (command) taken.push({ command, text, at })
    else strange.push(`'${text}' to ${subscriber}, which nobody commanded, at ${iso(at)}`)
  }
  return { taken, strange }
}

/** Commands of which it is told what became of them, or which deliver holds to have left perhaps. */
export const endedOf = ({ receipts, attempts }: Outputs, isPatient: boolean): ReadonlySet<string> =>
  new Set([...receipts, ...(isPatient ? [] : attempts)].map(({ value }) => value.command_id))

/** Each command has an end, and what is told of it is true. */
function* checkReceipts(
  { outputs, isPatient }: Evidence,
  commands: ReadonlyMap<string, Command>,
  sent: ReadonlySet<string>,
): Generator<Finding> {
  const told = new Map<string, Set<string>>()
  const ended = endedOf(outputs, isPatient)
  const takenBack = new Set(outputs.commands.flatMap(({ value }) => (isTakenBack(value) ? value.command_id : [])))
  for (const { value } of outputs.receipts) {
    told.set(value.command_id, (told.get(value.command_id) ?? new Set()).add(value.status))
  }
  for (const { command_id, rule, subscriber_id, purpose } of commands.values()) {
    const statuses = told.get(command_id) ?? new Set()
    const said = `${purpose} ${rule} of ${subscriber_id}: ${[...statuses].join(', ') || 'nothing told'}`
    if (!ended.has(command_id)) yield { promise: 'command lost', told: said }
    if (statuses.has('failed') && !takenBack.has(command_id)) yield { promise: 'command lost', told: said }
    const isSent = sent.has(command_id)
    if (isSent && (statuses.has('failed') || statuses.has('expired'))) yield { promise: 'told falsely', told: said }
    if (!isSent && (statuses.has('accepted') || statuses.has('delivered')))
      yield { promise: 'told falsely', told: said }
  }
}

/** The newest word is no: of those that may have been known the yes counts, of those that must have been known the no. */
function hasRefused(
  arrivals: readonly Arrival[],
  { accepted, knownAfterMs, clockToleranceMs }: Evidence,
  { issued_at }: Command,
): boolean {
  let latest: { readonly time: number; readonly isGranted: boolean } | undefined
  for (const arrival of arrivals) {
    const { event } = arrival
    const came = accepted.get(arrival)
    if (event.type !== 'profile' || !came) continue
    const { consent, event_time: time } = event.record
    const state = consent?.sms?.marketing?.state
    const isGranted = state === 'granted'
    const isKnown = isGranted ? came.from <= issued_at + clockToleranceMs : came.by <= issued_at - knownAfterMs
    if (state && isKnown && (!latest || time >= latest.time)) latest = { time, isGranted }
  }
  return latest?.isGranted !== true
}

/** An interval is open whose beginning decide could have read, and its end wasn't there. */
function complains(
  arrivals: readonly Arrival[],
  { outputs, knownAfterMs }: Evidence,
  { subscriber_id, issued_at }: Command,
): boolean {
  const isOpen = outputs.moments.some(
    ({ value, appendedAt }) =>
      value.subscriber_id === subscriber_id &&
      value.do_not_disturb?.phase === 'open' &&
      appendedAt < issued_at - knownAfterMs,
  )
  const isClosed = ({ event }: Arrival) =>
    event.type === 'complaint' && event.record.status === 'resolved' && event.record.event_time + lingersMs <= issued_at
  return isOpen && !arrivals.some(isClosed)
}

/** `sent`: what left, of one subscriber in the order of the log, which is that in which it was decided. */
function* checkTouches(sent: readonly Command[]): Generator<Finding> {
  for (const own of Map.groupBy(sent, ({ subscriber_id }) => subscriber_id).values()) {
    for (const [i, { purpose, rule, subscriber_id, issued_at }] of own.entries()) {
      if (purpose !== 'marketing' && purpose !== 'care') continue
      const before = own.slice(0, i)
      const said = `${purpose} ${rule} of ${subscriber_id} ${iso(issued_at)}`
      const near = before.find((other) => issued_at - other.issued_at < gapMs[purpose])
      if (near) yield { promise: 'within the gap', told: `${said}, behind ${near.rule} ${iso(near.issued_at)}` }
      if (purpose !== 'marketing') continue
      const counted = before.filter((other) => other.purpose === purpose && issued_at - other.issued_at < capMs)
      if (counted.length >= capMost) yield { promise: 'beyond the cap', told: said }
    }
  }
}

const iso = (time: number): string => new Date(time).toISOString()
