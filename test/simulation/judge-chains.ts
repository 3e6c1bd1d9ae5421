import type { Catalogue } from '../../services/rules/catalogue.ts'
import { clockToleranceMs, isQuiet, knownAfterMs } from './judge.ts'
import { iso } from './judge-moments.ts'
import { type Issued, isFailure, isMessage, isSuccess, type Outreach } from './outreach.ts'

/** What is said of one moment, channel after channel: docs/channels.md. And what left: once, in time, not when it was taken back. */
export function chainsJudged({ policy }: Catalogue, outreach: Outreach): string[] {
  const found: string[] = []
  const { commands, receipts, cancelled, taken, attempts } = outreach
  for (const own of Map.groupBy(commands, ({ command }) => command.moment_id).values()) {
    const chain = own.toSorted((a, b) => a.command.attempt - b.command.attempt)
    const all = chain.map(({ command }) => `${command.attempt} by ${command.channel}`).join(', ')
    const [first] = chain
    const about = `${first?.command.rule} of ${first?.command.subscriber_id}: ${all}`
    if (new Set(chain.map(({ command }) => command.outreach_id)).size > 1) found.push(`two outreaches: ${about}`)
    if (chain.some(({ command }, i) => command.attempt !== i + 1)) found.push(`attempts that don't count up: ${about}`)
    if (new Set(chain.map(({ command }) => command.channel)).size < chain.length) found.push(`said twice: ${about}`)
    for (const [i, next] of chain.entries()) {
      const before = chain[i - 1]
      const wrong = before && wrongWith(before, next)
      if (wrong) found.push(`the next channel ${wrong}: ${about}, at ${iso(next.command.issued_at)}`)
    }
  }
  for (const { command } of commands) {
    const { command_id, purpose, rule, channel, not_after } = command
    const sent = taken.get(command_id) ?? []
    const claims = attempts.get(command_id) ?? []
    const said = `${purpose} ${rule} by ${channel} ${command_id}`
    if (purpose !== 'service' && sent.length > 1) found.push(`sent twice: ${said}`)
    if (sent.length > 0 && claims.length === 0) found.push(`sent without an attempt on the log: ${said}`)
    const back = cancelled.get(command_id)
    // What serves the subscriber doesn't wait until all was read.
    const isLate =
      back && purpose !== 'service' && claims.some((at) => at > back.appendedAt + clockToleranceMs) && sent.length > 0
    if (isLate) found.push(`sent though it was taken back: ${said} at ${sent.map(({ at }) => iso(at)).join()}`)
    for (const { at } of sent) {
      if (isQuiet(at)) found.push(`sent in quiet hours: ${said} ${iso(at)}`)
      if (at > not_after + clockToleranceMs) found.push(`sent too late: ${said} ${iso(at)}`)
    }
  }
  for (const id of taken.keys()) {
    if (!commands.some(({ command }) => command.command_id === id)) found.push(`sent without a command: ${id}`)
  }
  return found

  /** What speaks against a command that comes behind another; undefined: nothing. */
  function wrongWith({ command: before }: Issued, { command: next, appendedAt }: Issued): string | undefined {
    const heard = (receipts.get(before.command_id) ?? []).filter((read) => read.appendedAt < appendedAt)
    const mayRepeat = before.purpose === 'service' || before.purpose === 'regulatory'
    const within = policy.channels?.[before.channel]?.deliveredWithin
    // What serves the subscriber is said once its time is over, whether or not all is heard that came since.
    const inTime = before.issued_at + (mayRepeat && within !== undefined ? within - clockToleranceMs : Infinity)
    const isKnown = ({ appendedAt: at }: Arrived) => at < Math.min(next.issued_at - knownAfterMs, inTime)
    if (heard.some((read) => isSuccess(read.value) && isKnown(read))) return 'follows a success'
    const failure = heard.find(({ value }) => isFailure(value))
    const unknown = heard.find(({ value }) => value.status === 'unknown')
    if (!mayRepeat && unknown && !failure) return 'follows what may have left'
    if (failure || (mayRepeat && unknown) || !isMessage(before)) return undefined
    const accepted = heard.find(({ value }) => value.status === 'accepted')
    const since = mayRepeat ? before.issued_at : accepted && before.issued_at
    if (since === undefined || within === undefined) return 'follows what nobody has heard of'
    return next.issued_at + clockToleranceMs < since + within ? 'comes too early' : undefined
  }
}

interface Arrived {
  readonly appendedAt: number
}
