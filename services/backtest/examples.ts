import type { Decision, Moment } from '../records/types.ts'
import { iso } from './period.ts'
import type { Example } from './report.ts'

export type Difference = 'added' | 'gone'

/** The earliest moments of each rule that one side has and the other has not. */
export interface Examples {
  offer(mode: Moment['mode'], difference: Difference, moment: Moment): void
  /** What was decided on the side that has the moment; a later one takes the place of an earlier one. */
  decided(difference: Difference, decision: Decision): void
  of(mode: Moment['mode'], rule: string, difference: Difference): readonly Example[]
}

interface Kept {
  readonly moment: Moment
  decision: Decision | undefined
}

/** @param most so many of each rule and difference */
export function createExamples(most: number): Examples {
  const lists = new Map<string, Kept[]>()
  const byMoment = new Map<string, Kept>()
  const listName = (mode: string, rule: string, difference: Difference) => `${mode} ${difference} ${rule}`
  const momentName = (difference: Difference, id: string) => `${difference} ${id}`

  return {
    offer(mode, difference, moment) {
      const name = listName(mode, moment.rule, difference)
      const list = lists.get(name) ?? []
      lists.set(name, list)
      const last = list.at(-1)
      if (most === 0 || (list.length >= most && last && byTime(last.moment, moment) <= 0)) return
      const kept: Kept = { moment, decision: undefined }
      list.push(kept)
      list.sort((a, b) => byTime(a.moment, b.moment))
      byMoment.set(momentName(difference, moment.moment_id), kept)
      const dropped = list.length > most ? list.pop() : undefined
      if (dropped) byMoment.delete(momentName(difference, dropped.moment.moment_id))
    },
    decided(difference, decision) {
      const kept = byMoment.get(momentName(difference, decision.moment_id))
      if (kept && decision.decided_at >= (kept.decision?.decided_at ?? decision.decided_at)) kept.decision = decision
    },
    of: (mode, rule, difference) => (lists.get(listName(mode, rule, difference)) ?? []).map(exampleOf),
  }
}

const byTime = (a: Moment, b: Moment): number => a.at - b.at || (a.moment_id < b.moment_id ? -1 : 1)

function exampleOf({ moment, decision }: Kept): Example {
  const { moment_id, subscriber_id, at, evidence, segments } = moment
  const { outcome, code = null, channel = null } = decision ?? {}
  return {
    moment_id,
    subscriber_id,
    at: iso(at),
    evidence,
    segments,
    decision: outcome ? { outcome, code, channel } : null,
  }
}
