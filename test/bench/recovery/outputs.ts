import type { EventLog } from '../../../services/flow/event-log.ts'
import type { Codec } from '../../../services/records/codec.ts'
import { topics } from '../../../services/topology.ts'
import { recordsOf } from '../on-log.ts'

/** What was fired, decided, attempted and reported: by topic and id, what it is and how often it is on the log. */
export type Outputs = ReadonlyMap<string, ReadonlyMap<string, Output>>

export interface Output {
  readonly what: string
  readonly times: number
}

/** Reads all that detect, decide and deliver adopt. */
export async function outputsOn(log: EventLog, codec: Codec): Promise<Outputs> {
  const all = new Map<string, Map<string, Output>>()
  const add = (topic: string, id: string, what: string) => {
    const own = all.get(topic) ?? new Map<string, Output>()
    all.set(topic, own.set(id, { what, times: (own.get(id)?.times ?? 0) + 1 }))
  }
  for await (const { value } of recordsOf(log, codec, topics.moments)) {
    const { moment_id, rule, subscriber_id, at, occurrence } = value
    add('moment', moment_id, `${rule} of ${subscriber_id} at ${new Date(at).toISOString()}, completed by ${occurrence}`)
  }
  for await (const { value } of recordsOf(log, codec, topics.decisions)) {
    const { decision_id, moment_id, rule, subscriber_id, outcome, code } = value
    add('decision', decision_id, `${outcome} ${code ?? ''} on ${moment_id}, ${rule} of ${subscriber_id}`)
  }
  for await (const { value } of recordsOf(log, codec, topics.commands.sms)) {
    add('command', value.command_id, `on ${value.moment_id}, ${value.rule} of ${value.subscriber_id}`)
  }
  for await (const { value } of recordsOf(log, codec, topics.attempts)) {
    add('attempt', value.attempt_id, `of ${value.command_id} of ${value.subscriber_id}`)
  }
  for await (const { value } of recordsOf(log, codec, topics.receipts)) {
    add('receipt', value.receipt_id, `${value.status} ${value.code ?? ''} of ${value.command_id}`)
  }
  return all
}

/** How many records that is, by topic. */
export const countsOf = (outputs: Outputs): Readonly<Record<string, number>> =>
  Object.fromEntries(
    [...outputs].map(([topic, own]) => [topic, [...own.values()].reduce((sum, { times }) => sum + times, 0)]),
  )

/** What is on the log now and was not, or is there more often; and what has gone. One line each. */
export function differences(before: Outputs, after: Outputs): string[] {
  const lines: string[] = []
  for (const topic of new Set([...before.keys(), ...after.keys()])) {
    const [old, now] = [before.get(topic) ?? new Map<string, Output>(), after.get(topic) ?? new Map<string, Output>()]
    for (const [id, { what, times }] of now) {
      const known = old.get(id)?.times ?? 0
      if (times > known) lines.push(`${known === 0 ? 'new' : `${times} times`}: ${topic} ${id}, ${what}`)
    }
    for (const [id, { what }] of old) if (!now.has(id)) lines.push(`gone: ${topic} ${id}, ${what}`)
  }
  return lines
}
