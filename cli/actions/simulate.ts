import { openCatalogue } from '../../services/platform/catalogue-source.ts'
import type { Decision, Moment } from '../../services/records/types.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { type Simulated, simulate } from '../../services/simulate/simulate.ts'
import { readEventFiles } from '../event-files.ts'

export interface SimulateArguments {
  readonly catalogue: string
  readonly events: string[]
  readonly until?: number
  readonly explain?: boolean
  readonly config?: string
}

/** Simulates, prints moments and decisions to stdout and how many there were to stderr. */
export async function printSimulated({ catalogue, events, until, explain, config }: SimulateArguments): Promise<void> {
  const simulated = await simulate({
    catalogue: await openCatalogue(catalogue),
    settings: await loadSettings(config, process.env),
    events: readEventFiles(events),
    ...(until === undefined ? {} : { until }),
  })
  for (const line of linesOf(simulated, explain ?? false)) process.stdout.write(`${JSON.stringify(line)}\n`)
  const { moments, decisions, late, deadLetters } = simulated
  process.stderr.write(
    `${moments.length} moments, ${decisions.length} decisions, ${late.length} late events, ${deadLetters.length} dead letters\n`,
  )
  for (const { topic, code, reason } of deadLetters) process.stderr.write(`${topic}  ${code}  ${reason}\n`)
}

/** The records in the order of time; of one instant moments first, then by id. */
function linesOf({ moments, decisions }: Simulated, explain: boolean): object[] {
  const lines = [
    ...moments.map((moment) => ({
      time: moment.at,
      order: 0,
      id: moment.moment_id,
      line: momentLine(moment, explain),
    })),
    ...decisions.map((decision) => ({
      time: decision.decided_at,
      order: 1,
      id: decision.decision_id,
      line: decisionLine(decision, explain),
    })),
  ]
  lines.sort((a, b) => a.time - b.time || a.order - b.order || (a.id < b.id ? -1 : 1))
  return lines.map(({ line }) => line)
}

function momentLine(moment: Moment, explain: boolean): object {
  const { moment_id, rule, kind, subscriber_id, at, evidence, reason_ended_at } = moment
  const record = reason_ended_at == null ? 'moment' : 'moment-ended'
  const line = { record, id: moment_id, rule, kind, subscriber_id, at: iso(at), evidence }
  if (!explain) return line
  const { rule_version, purpose, occurrence, expires_at, detected_at, offers, do_not_disturb } = moment
  return {
    ...line,
    explain: {
      rule_version,
      purpose,
      occurrence,
      detected_at: iso(detected_at),
      expires_at: iso(expires_at),
      offers,
      do_not_disturb,
    },
  }
}

function decisionLine(decision: Decision, explain: boolean): object {
  const { moment_id, rule, subscriber_id, decided_at, outcome, code, until, channel, offer, text } = decision
  const optional = { code, until: typeof until === 'number' ? iso(until) : until, channel, offer, text }
  const given = Object.fromEntries(
    Object.entries(optional).filter(([, value]) => value !== null && value !== undefined),
  )
  const line = { record: 'decision', moment_id, rule, subscriber_id, at: iso(decided_at), outcome, ...given }
  if (!explain) return line
  const { codes, evidence, consent_ref, catalogue_version, command_id, expires_at } = decision
  return {
    ...line,
    explain: { codes, evidence, consent_ref, catalogue_version, command_id, expires_at: iso(expires_at) },
  }
}

const iso = (time: number): string => new Date(time).toISOString()
