import { CodedError } from '../domain/errors.ts'
import type { ShardId } from '../domain/ids.ts'
import { beginAnew } from '../flow/begin-anew.ts'
import type { EventLog } from '../flow/event-log.ts'
import type { LogGap } from '../flow/log-gap.ts'
import type { Genesis } from '../flow/progress.ts'
import type { StateStore } from '../flow/state-store.ts'
import { type SurveyedShard, survey } from './survey.ts'

export interface Restoration {
  readonly log: EventLog
  readonly store: StateStore
  /** Who restores, and when (milliseconds since 1970). */
  readonly by: string
  readonly at: number
  /** Why it is right to go on without what the log no longer has; missing: it isn't. */
  readonly acceptLoss?: string | undefined
  /** Only say what would be done. */
  readonly dryRun?: boolean | undefined
}

/** What was found of one service, in shards. */
export interface ServiceRestored {
  readonly service: string
  readonly shards: number
  /** Have their state. */
  readonly kept: number
  /** Had none, or one that is too old; begin from the log now. */
  readonly begun: number
  /** Of these, those of which the log has only the newer part of the history. */
  readonly shortened: number
  /** Records to be read until the state is that of now. */
  readonly behind: number
}

export interface Restored {
  readonly services: readonly ServiceRestored[]
  /** Topics of whose history the log has only the newer part, where a state that knew the older is missing. */
  readonly forgotten: readonly string[]
  /** Records that were never handled and that the log no longer has, by shard. */
  readonly gaps: readonly ShardGap[]
  /** Nothing was changed: older history would be lost, and nobody has accepted that. */
  readonly refused: boolean
}

interface ShardGap extends LogGap {
  readonly service: string
  readonly shard: ShardId
}

/** At once: each is a few round trips to the store. */
const together = 16

/**
 * Lets every shard whose state is missing, or too old for the log, begin from what the log has; all of them or, where that
 * would lose history and nobody accepts it, none. Shards that have their state are not touched. Workers that wait take theirs
 * over by themselves.
 * @throws CodedError of log or store; done again it goes on where it was
 */
export async function restore(restoration: Restoration): Promise<Restored> {
  const { log, store, by, at, acceptLoss, dryRun = false } = restoration
  const found = await survey(log, store)
  const lost = found.filter(({ loss }) => loss.kind !== 'none')
  const forgotten = [...new Set(lost.flatMap(({ loss }) => (loss.kind === 'none' ? [] : loss.forgotten)))].sort()
  const refused = forgotten.length > 0 && acceptLoss === undefined
  if (!dryRun && !refused) {
    const said: Omit<Genesis, 'knownSince'> = { at, by, reason: acceptLoss ?? 'rebuilt from the log' }
    for (let from = 0; from < lost.length; from += together) {
      await Promise.all(
        lost.slice(from, from + together).map(({ node, shard, extents }) => {
          return beginAnew({ log, store, node, said }, shard, extents)
        }),
      )
    }
  }
  const gaps = lost.flatMap(({ node, shard, loss }) =>
    loss.kind === 'gap' ? loss.gaps.map((gap) => ({ service: node.name, shard, ...gap })) : [],
  )
  return { services: byService(found), forgotten, gaps, refused }
}

function byService(found: readonly SurveyedShard[]): readonly ServiceRestored[] {
  const names = [...new Set(found.map(({ node }) => node.name))]
  return names.map((service) => {
    const own = found.filter(({ node }) => node.name === service)
    const lost = own.flatMap(({ loss }) => (loss.kind === 'none' ? [] : [loss]))
    return {
      service,
      shards: own.length,
      kept: own.length - lost.length,
      begun: lost.length,
      shortened: lost.filter(({ forgotten }) => forgotten.length > 0).length,
      behind: own.reduce((records, { behind }) => records + behind, 0),
    }
  })
}

export interface Waiting {
  readonly log: EventLog
  readonly store: StateStore
  /** Called with the records that are still to be read, at every look. */
  readonly onLook: (behind: number) => void
  readonly pause: () => Promise<unknown>
}

/**
 * Resolves when every service has handled all that the log had when it was called.
 * @throws CodedError KM_STATE_MISSING, KM_LOG_GAP: a state is lost (again)
 */
export async function caughtUp({ log, store, onLook, pause }: Waiting): Promise<void> {
  const first = await survey(log, store)
  const target = new Map(first.map(({ node, shard, extents }) => [`${node.name} ${shard}`, extents.ends]))
  for (;;) {
    const now = await survey(log, store)
    let behind = 0
    for (const { node, shard, loss, extents, ...surveyed } of now) {
      if (loss.kind !== 'none') {
        const code = loss.kind === 'state' ? 'KM_STATE_MISSING' : 'KM_LOG_GAP'
        throw new CodedError(
          code,
          `${node.name}, shard ${shard}: its state is lost again; run keymoment restore once more`,
        )
      }
      // What came since is not waited for: it may never be nothing.
      const came = node.reads.reduce((sum, { name }) => {
        return sum + (extents.ends.get(name) ?? 0) - (target.get(`${node.name} ${shard}`)?.get(name) ?? 0)
      }, 0)
      behind += Math.max(0, surveyed.behind - came)
    }
    onLook(behind)
    if (behind === 0) return
    await pause()
  }
}
