import type { Command } from '../../../services/records/types.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { type History, toldOf } from './history.ts'
import { type About, type Code, reasonsOf } from './reasons.ts'

/** A message that left and mustn't have. */
export interface Breach {
  readonly code: Code | 'repeated' | 'shadow' | 'rule-withdrawn' | 'unasked'
  readonly command: Command
  readonly told: string
}

/** What a wait between the command and the sending may change: the time of day, and how old things are. */
const byTheClock: readonly Code[] = ['expired', 'protected', 'do-not-disturb', 'quiet-hours']

/**
 * What of a catalogue's policy the messages to a subscriber break; none: nothing. It reads what left, the policy, and what had
 * been told of the subscriber by then, and shares nothing with the engine. `waits`: as of `breachesIn`.
 */
export const breachesOf = (history: History, catalogue: Catalogue, waits?: readonly number[]): readonly Breach[] =>
  history.flatMap((entry, index) =>
    entry.kind === 'command' ? breachesIn(entry.command, history.slice(0, index), catalogue, waits) : [],
  )

/**
 * What of it one message breaks; `before` is all that was known when it was commanded. A message leaves at its command, or at any
 * time up to its `not_after`: `waits` says at which parts (0 to 1) of that time it is looked at once more.
 */
export function breachesIn(
  command: Command,
  before: History,
  catalogue: Catalogue,
  waits: readonly number[] = [1],
): readonly Breach[] {
  const found: Breach[] = []
  const tell = (code: Breach['code'], at: number) => {
    if (found.some((other) => other.code === code)) return
    found.push({ code, command, told: `${code}: ${told(command)}, which left at ${iso(at)}` })
  }
  const { issued_at, not_after } = command
  const about = aboutOf(command, before, catalogue)
  if (!about) {
    tell('unasked', issued_at)
    return found
  }
  for (const code of reasonsOf(about, catalogue, before, issued_at)) tell(code, issued_at)
  for (const part of forPeople.includes(command.channel) ? [] : waits) {
    const at = Math.floor(issued_at + part * (not_after - 1 - issued_at))
    for (const code of reasonsOf(about, catalogue, before, at, byTheClock)) tell(code, at)
  }
  const rule = catalogue.ruleset.rules.find(({ id }) => id === command.rule)
  if (about.moment.mode === 'shadow') tell('shadow', issued_at)
  if (!rule || !about.offer) tell('rule-withdrawn', issued_at)
  else if (isRepeated(about, rule.once, before)) tell('repeated', issued_at)
  return found
}

/** What people are to say is theirs at once, and theirs until it is due. */
const forPeople: readonly Command['channel'][] = ['task', 'desk']

/** The message that a command is, as far as what was told knows its moment. */
function aboutOf(command: Command, before: History, { offers }: Catalogue): About | undefined {
  const { moment_id, channel, offer, category = null } = command
  const moment = toldOf(before, 'moment').find((one) => one.moment_id === moment_id)
  return moment && { moment, channel, offer: offers.find(({ id }) => id === offer), category }
}

/** Another moment of the rule was answered, and the two are less than its `once` apart. */
function isRepeated({ moment }: About, once: number | 'lifetime', before: History): boolean {
  const answered = before.flatMap((entry) =>
    entry.kind === 'command' && entry.command.rule === moment.rule && entry.command.moment_id !== moment.moment_id
      ? [entry.command.moment_id]
      : [],
  )
  const ends = toldOf(before, 'profile').filter(({ status }) => status === 'deactivated')
  const endedAt = Math.max(Number.NEGATIVE_INFINITY, ...ends.map(({ event_time }) => event_time))
  return toldOf(before, 'moment').some(
    ({ moment_id, at }) =>
      at > endedAt &&
      answered.includes(moment_id) &&
      (once === 'lifetime' || (once > 0 && Math.abs(moment.at - at) < once)),
  )
}

const told = ({ purpose, channel, rule, offer, issued_at, subscriber_id }: Command): string =>
  `${purpose} of ${rule} (${offer ?? 'no offer'}) by ${channel} to ${subscriber_id}, commanded at ${iso(issued_at)}`

const iso = (at: number): string => (Number.isFinite(at) ? new Date(at).toISOString() : String(at))
