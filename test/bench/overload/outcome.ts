import { topics } from '../../../services/topology.ts'
import { onLog, recordsOf } from '../on-log.ts'
import type { BenchServers } from '../servers.ts'

export interface SeenMoment {
  readonly rule: string
  readonly at: number
  readonly appendedAt: number
}

export interface SeenCommand {
  readonly purpose: string
  readonly issuedAt: number
  /** When its receipt came; undefined: none did. Milliseconds since 1970. */
  readonly acceptedAt: number | undefined
}

/** What is on the log in the end. */
export const readOutcome = (servers: BenchServers) =>
  onLog(servers, async (log, codec) => {
    const moments: SeenMoment[] = []
    for await (const { value, appendedAt } of recordsOf(log, codec, topics.moments)) {
      moments.push({ rule: value.rule, at: value.at, appendedAt })
    }
    const receipts = new Map<string, number>()
    let shed = 0
    for await (const { value, appendedAt } of recordsOf(log, codec, topics.receipts)) {
      if (value.status === 'accepted') receipts.set(value.command_id, appendedAt)
      if (value.code === 'shed') shed++
    }
    const commands: SeenCommand[] = []
    for await (const { value, appendedAt } of recordsOf(log, codec, topics.commands.sms)) {
      commands.push({ purpose: value.purpose, issuedAt: appendedAt, acceptedAt: receipts.get(value.command_id) })
    }
    return { moments, commands, shed }
  })
