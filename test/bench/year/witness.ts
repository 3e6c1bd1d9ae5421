import type { ReadEvent } from '../../../services/records/jsonl.ts'
import type { Command, Decision, Moment, Receipt } from '../../../services/records/types.ts'
import type { Catalogue } from '../../../services/rules/catalogue.ts'
import { breachesIn } from '../../decide/checker/breaches.ts'
import type { Entry, History, Told } from '../../decide/checker/history.ts'
import { unfounded } from '../../decide/checker/unfounded.ts'
import { dayMs } from './person.ts'

/** Looks on while a year passes, and holds what leaves against the policy; it knows nothing of the engine. */
export interface Witness {
  event(event: ReadEvent, at: number): void
  receipt(receipt: Receipt): void
  moment(moment: Moment, at: number): void
  decision(decision: Decision): void
  command(command: Command): void
  /** What left against the policy, in sentences. */
  readonly breaches: readonly string[]
  /** Of the first subscribers everything, by subscriber. */
  readonly histories: ReadonlyMap<string, History>
  /** Of these: what decisions said that isn't so, in sentences. */
  unfounded(): readonly string[]
}

/** A moment isn't asked for any more once it can't be answered; see `withoutOld`. */
const keptMs = 8 * dayMs

/** `isWhole`: of whom all is kept, their decisions too; of the others only what a later message may have to be held against. */
export function createWitness(catalogue: Catalogue, isWhole: (subscriber: string) => boolean): Witness {
  const histories = new Map<string, Entry[]>()
  const whole = new Map<string, Entry[]>()
  const breaches: string[] = []

  function historyOf(subscriber: string): Entry[] {
    const known = histories.get(subscriber) ?? []
    if (known.length === 0) {
      histories.set(subscriber, known)
      if (isWhole(subscriber)) whole.set(subscriber, known)
    }
    return known
  }

  const tell = (at: number, told: Told) => void historyOf(told.value.subscriber_id).push({ at, kind: 'told', told })

  return {
    event({ type, record }, at) {
      if (type === 'profile' || type === 'order' || type === 'reply') tell(at, { type, value: record } as Told)
    },
    receipt: (value) => tell(value.received_at, { type: 'receipt', value }),
    moment(value, at) {
      const history = historyOf(value.subscriber_id)
      if (!isWhole(value.subscriber_id)) withoutOld(history, at, catalogue.policy.roaming?.abroad)
      tell(at, { type: 'moment', value })
    },
    decision(decision) {
      const { subscriber_id, decided_at: at } = decision
      if (isWhole(subscriber_id)) historyOf(subscriber_id).push({ at, kind: 'decision', decision })
    },
    command(command) {
      const before = historyOf(command.subscriber_id)
      for (const { told } of breachesIn(command, before, catalogue)) breaches.push(told)
      before.push({ at: command.issued_at, kind: 'command', command })
    },
    breaches,
    histories: whole,
    unfounded: () => [...whole.values()].flatMap((history) => unfounded(history, catalogue)),
  }
}

/** Without moments that were not answered in their time: they are most of what is told. What says where somebody is stays. */
function withoutOld(history: Entry[], now: number, abroad: string | undefined): void {
  if (history.length < 64) return
  const answered = new Set(history.flatMap((entry) => (entry.kind === 'command' ? [entry.command.moment_id] : [])))
  const lastKnown = history.findLastIndex(
    (entry) =>
      abroad !== undefined &&
      entry.kind === 'told' &&
      entry.told.type === 'moment' &&
      typeof entry.told.value.evidence[abroad] === 'boolean',
  )
  const isKept = (entry: Entry, index: number): boolean => {
    if (entry.kind !== 'told' || entry.told.type !== 'moment' || entry.told.value.do_not_disturb) return true
    return entry.at > now - keptMs || index === lastKnown || answered.has(entry.told.value.moment_id)
  }
  const kept = history.filter(isKept)
  history.splice(0, history.length, ...kept)
}
