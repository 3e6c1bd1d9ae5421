import type { Decision } from '../../services/records/types.ts'
import { topics } from '../../services/topology.ts'
import { firstOf, momentsOf } from './judge-moments.ts'
import { isFailure, type Outreach } from './outreach.ts'
import type { Read, Run } from './run.ts'

/**
 * Nothing is lost: every moment has its last decision, every command its decision and its last receipt. Nothing is decided twice: a moment
 * that lost to another is judged again only where that provably didn't reach the subscriber.
 */
export function decisionsJudged(run: Run, outreach: Outreach): string[] {
  const found: string[] = []
  const { commands, decisions, receipts, cancelled } = outreach
  const issued = new Map(commands.map(({ command }) => [command.command_id, command]))
  const finals = decisions.filter(({ value }) => value.outcome !== 'deferred' && value.outcome !== 'withdrawn')
  const ofAttempt = Map.groupBy(finals, ({ value }) => `${value.moment_id} ${value.attempt}`)

  for (const [id, { rule }] of momentsOf(run)) {
    if (!ofAttempt.has(`${id} 1`)) found.push(`a moment without a decision: ${rule} ${id}`)
  }
  for (const [name, own] of ofAttempt) {
    for (const [i, { value }] of own.entries()) {
      const next = own[i + 1]
      if (!next) continue
      const lostTo = lostToOf(value)
      const said = `${outcomeOf(value)} and ${outcomeOf(next.value)}`
      if (lostTo === undefined) found.push(`decided twice: ${name} ${said}`)
      else if (!haveAllFailed(lostTo, next)) found.push(`judged again behind what may have left: ${name} ${said}`)
    }
    if (own.filter(({ value }) => value.outcome === 'command').length > 1) found.push(`commanded twice: ${name}`)
  }

  const recorded = new Map<string, Decision>()
  for (const { value } of run.read(topics.decisions)) {
    const { decision_id, outcome, code, command_id, moment_id } = value
    if (!code && outcome !== 'command' && outcome !== 'recorded') found.push(`a decision without a code: ${moment_id}`)
    const before = recorded.get(decision_id)
    if (before && outcomeOf(before) !== outcomeOf(value)) {
      found.push(`decided twice: ${moment_id} ${outcomeOf(before)} and ${outcomeOf(value)}`)
    }
    recorded.set(decision_id, value)
    if (outcome === 'command' && !issued.has(command_id ?? ''))
      found.push(`a command lost before the log: ${command_id}`)
    if (outcome === 'withdrawn' && !cancelled.has(command_id ?? ''))
      found.push(`taken back, and not so said: ${command_id}`)
  }
  const decided = firstOf(finals.map(({ value }) => [value.command_id ?? '', value]))
  for (const { command } of commands) {
    const { command_id, moment_id, attempt, channel } = command
    const decision = decided.get(command_id)
    if (decision?.moment_id !== moment_id || decision.attempt !== attempt) {
      found.push(`a command without its decision: attempt ${attempt} by ${channel} ${command_id}`)
    }
    if (!receipts.has(command_id)) found.push(`a command lost: ${channel} ${command_id}`)
  }
  for (const { value } of [...receipts.values()].flat()) {
    const { command_id, status, code } = value
    if (isFailure(value) && !code) found.push(`a receipt without a code: ${command_id} ${status}`)
    if (!issued.has(command_id)) found.push(`a receipt of nothing: ${command_id} ${status}`)
  }
  return found

  /** Of the moment of a command nothing had left when it was decided anew. */
  function haveAllFailed(lostTo: string, { appendedAt }: Read<Decision>): boolean {
    const moment = issued.get(lostTo)?.moment_id
    const said = commands.filter(({ command }) => command.moment_id === moment && command.issued_at < appendedAt)
    return said.every(({ command }) =>
      (receipts.get(command.command_id) ?? []).some((read) => isFailure(read.value) && read.appendedAt <= appendedAt),
    )
  }
}

const outcomeOf = ({ outcome, code, command_id }: Decision): string => `${outcome} ${code ?? ''} ${command_id ?? ''}`

function lostToOf({ code, evidence }: Decision): string | undefined {
  const command = code === 'priority' ? evidence['priority.lost_to'] : undefined
  return typeof command === 'string' ? command : undefined
}
