import type { Catalogue } from '../../services/rules/catalogue.ts'
import { topics } from '../../services/topology.ts'
import { breachesIn } from '../decide/checker/breaches.ts'
import type { Entry, Told } from '../decide/checker/history.ts'
import { knownOf } from '../decide/checker/known.ts'
import { knownAfterMs } from './judge.ts'
import { iso } from './judge-moments.ts'
import type { Issued, Outreach } from './outreach.ts'
import type { Run } from './run.ts'

const minute = 60_000
const hour = 60 * minute
/** After so long a no must have been heard when a message leaves: a service may be away for five hours, and slow to return for three. */
const heardAfterMs = { undisturbed: 5 * minute, disturbed: 10 * hour }

/**
 * What left breaks nothing of the policy, by the checker of decide (test/decide/checker), which reads here what lay on the log. Who acts
 * can't know what came just before: only what holds with and without the last minutes counts. */
export function policyJudged(run: Run, catalogue: Catalogue, outreach: Outreach): string[] {
  const isDisturbed = Object.keys(run.faults).length > 0
  const knownMs = isDisturbed ? heardAfterMs.disturbed : heardAfterMs.undisturbed
  const found: string[] = []
  const lives = livesIn(run)
  const commandsOf = Map.groupBy(outreach.commands, ({ command }) => command.subscriber_id)
  for (const [subscriber, commands] of commandsOf) {
    const told = lives.get(subscriber) ?? []
    for (const [i, { command }] of commands.entries()) {
      // What serves the subscriber doesn't wait until all was heard of that came during an outage.
      if (isDisturbed && command.purpose === 'service') continue
      const earlier = commands.slice(0, i).map(commandEntry)
      const codesAt = (until: number) =>
        breachesIn(command, inOrder([...before(until, command.moment_id), ...earlier]), catalogue, []).map(
          ({ code }) => code,
        )
      const early = codesAt(command.issued_at - knownAfterMs)
      const codes = early.length === 0 ? [] : codesAt(command.issued_at).filter((code) => early.includes(code))
      const about = `${command.purpose} ${command.rule} by ${command.channel} to ${subscriber}`
      if (codes.length > 0) found.push(`against ${codes.join(' ')}: ${about} at ${iso(command.issued_at)}`)
      if (command.purpose !== 'marketing' && command.purpose !== 'care') continue
      for (const { at } of outreach.taken.get(command.command_id) ?? []) {
        const isRefused = (until: number) =>
          !knownOf(before(until, command.moment_id), catalogue.policy).consents(command.channel, command.purpose, at)
        if (isRefused(at - knownMs) && isRefused(at)) found.push(`left without consent: ${about} at ${iso(at)}`)
      }
    }

    /** What was told by then, and the moment itself, which may have come since. */
    function before(until: number, momentId: string): readonly Entry[] {
      return told.filter(
        ({ at, kind, told: one }) =>
          at <= until || (kind === 'told' && one.type === 'moment' && one.value.moment_id === momentId),
      )
    }
  }
  return found
}

const inOrder = (history: readonly Entry[]): readonly Entry[] => history.toSorted((a, b) => a.at - b.at)

/** Whose clock is ahead issues it later than it is heard of. */
const commandEntry = ({ command, appendedAt }: Issued): Entry => ({ at: appendedAt, kind: 'command', command })

/** By subscriber, all that was told of them, by when it was on the log. */
function livesIn(run: Run) {
  const all = [
    ...run.read(topics.moments).map(({ value, appendedAt }) => entry(appendedAt, { type: 'moment', value })),
    ...run.read(topics.events.profile).map(({ value, appendedAt }) => entry(appendedAt, { type: 'profile', value })),
    ...run.read(topics.events.order).map(({ value, appendedAt }) => entry(appendedAt, { type: 'order', value })),
    ...run.read(topics.events.reply).map(({ value, appendedAt }) => entry(appendedAt, { type: 'reply', value })),
    ...run.read(topics.receipts).map(({ value, appendedAt }) => entry(appendedAt, { type: 'receipt', value })),
  ].sort((a, b) => a.at - b.at)
  return Map.groupBy(all, ({ told }) => told.value.subscriber_id)
}

const entry = (at: number, told: Told) => ({ at, kind: 'told', told }) as const
