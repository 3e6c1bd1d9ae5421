import type { ShardId } from '../domain/ids.ts'
import type { Platform } from '../platform/platform.ts'
import type { Decision, Moment } from '../records/types.ts'
import { topics } from '../topology.ts'
import { recordsOf } from './records-of.ts'

/** A moment and what was done with it, in the order of time. */
export interface DecidedMoment {
  /** undefined: its record isn't among those that were read. */
  readonly moment: Moment | undefined
  readonly decisions: readonly Decision[]
}

/** Moments and decisions of one subscriber with a time within [from, to], as they stand on the log. */
export async function decidedMoments(
  platform: Pick<Platform, 'log' | 'codec'>,
  shard: ShardId,
  subscriber: string,
  from: number,
  to: number,
): Promise<readonly DecidedMoment[]> {
  const isIn = (at: number) => at >= from && at <= to
  const moments = new Map<string, Moment>()
  for await (const moment of recordsOf(platform, topics.moments, shard, subscriber))
    if (moment.reason_ended_at == null) moments.set(moment.moment_id, moment)
  const decisions = new Map<string, Decision[]>()
  for await (const decision of recordsOf(platform, topics.decisions, shard, subscriber)) {
    const known = decisions.get(decision.moment_id) ?? []
    // A replay may have repeated it.
    if (!known.some(({ decision_id }) => decision_id === decision.decision_id)) known.push(decision)
    decisions.set(decision.moment_id, known)
  }
  const ids = new Set([...moments.keys(), ...decisions.keys()])
  return [...ids]
    .map((id): DecidedMoment => {
      const own = (decisions.get(id) ?? []).toSorted((a, b) => a.decided_at - b.decided_at)
      return { moment: moments.get(id), decisions: own }
    })
    .filter(({ moment, decisions: own }) => isIn(moment?.at ?? Number.NaN) || own.some((one) => isIn(one.decided_at)))
    .sort((a, b) => timeOf(a) - timeOf(b))
}

const timeOf = ({ moment, decisions }: DecidedMoment): number => moment?.at ?? decisions[0]?.decided_at ?? 0
