import type { Command, Decision, Receipt } from '../../services/records/types.ts'
import { type Channel, channels, topics } from '../../services/topology.ts'
import type { Taken } from './providers.ts'
import type { Read, Run } from './run.ts'

/** What was done about moments, and what became of it, as the log and the providers have it. */
export interface Outreach {
  /** Commands as they first came to the log, in the order in which they were issued. */
  readonly commands: readonly Issued[]
  /** By id of the command: where it was asked for back, and when that was on the log. */
  readonly cancelled: ReadonlyMap<string, Read<Command>>
  /** By id of the command, in the order of their arrival on the log. */
  readonly receipts: ReadonlyMap<string, readonly Read<Receipt>[]>
  /** Each as it first came to the log, in that order. */
  readonly decisions: readonly Read<Decision>[]
  /** By id of the command. */
  readonly taken: ReadonlyMap<string, readonly Taken[]>
  /** By id of the command, when sends of it were claimed. */
  readonly attempts: ReadonlyMap<string, readonly number[]>
}

export interface Issued {
  readonly command: Command
  /** True time. */
  readonly appendedAt: number
}

const messageChannels: readonly Channel[] = ['sms', 'ivr', 'push']

export const isMessage = ({ channel }: Command): boolean => messageChannels.includes(channel)

/** It provably didn't reach the subscriber. */
export const isFailure = ({ status }: Receipt): boolean => status === 'failed' || status === 'expired'

/** The subscriber has got it. */
export const isSuccess = ({ status }: Receipt): boolean =>
  status === 'delivered' || status === 'answered' || status === 'clicked' || status === 'replied'

export function outreachOf(run: Run): Outreach {
  const said = channels.flatMap((channel) => run.read(topics.commands[channel]))
  const isCancellation = ({ value }: Read<Command>) => value.cancelled_because != null
  const issued = Map.groupBy(
    said.filter((read) => !isCancellation(read)),
    ({ value }) => value.command_id,
  )
  const cancelled = Map.groupBy(said.filter(isCancellation), ({ value }) => value.command_id)
  const firsts = <T>(groups: Map<string, Read<T>[]>) => [...groups.values()].flatMap((group) => group.slice(0, 1))
  const byArrival = <T>(reads: readonly Read<T>[]) => reads.toSorted((a, b) => a.appendedAt - b.appendedAt)
  const decisions = Map.groupBy(run.read(topics.decisions), ({ value }) => value.decision_id)
  // Of one instant they are in the order in which they were decided.
  const places = new Map(
    firsts(decisions)
      .filter(({ value }) => value.outcome === 'command')
      .map(({ value, position }) => [value.command_id, position]),
  )
  const placeOf = ({ command_id }: Command) => places.get(command_id) ?? 0
  return {
    commands: firsts(issued)
      .map(({ value, appendedAt }) => ({ command: value, appendedAt }))
      .sort(({ command: a }, { command: b }) => a.issued_at - b.issued_at || placeOf(a) - placeOf(b)),
    cancelled: new Map(firsts(cancelled).map((read) => [read.value.command_id, read])),
    receipts: Map.groupBy(byArrival(run.read(topics.receipts)), ({ value }) => value.command_id),
    decisions: byArrival(firsts(decisions)),
    taken: Map.groupBy(run.sent, ({ commandId }) => commandId),
    attempts: new Map(
      [...Map.groupBy(run.read(topics.attempts), ({ value }) => value.command_id)].map(([id, some]) => [
        id,
        some.map(({ value }) => value.attempted_at),
      ]),
    ),
  }
}
