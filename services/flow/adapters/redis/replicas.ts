import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '../../../domain/errors.ts'
import { abortable } from '../../abortable.ts'
import { type Link, RoutedCommand } from './link.ts'
import { isForbidden } from './safety.ts'
import type { RedisLogger } from './settings.ts'
import type { WatchedMeta } from './watched-meta.ts'

/** One WAIT; the commit behind it waits as well. Milliseconds. */
const sliceMs = 100
/** So long it is believed what the master said of its replicas. Milliseconds. */
const believedMs = 1_000
/** A replica that has not acknowledged anything for longer is not waited for by choice; they do once a second. Seconds. */
const lagMax = 3

export interface ReplicaSettings {
  /** For messages. */
  readonly shard: string
  readonly metaKey: string
  /** Replicas that must have a commit; undefined: one, as long as the master of the shard has any. */
  readonly demanded: number | undefined
  readonly logger: RedisLogger | undefined
}

/** Resolves when as many replicas as must have it have commit `sequence`. */
export type AwaitReplicas = (sequence: number) => Promise<void>

/**
 * Sees to it that commits are on replicas. A number that is demanded holds whatever happens to the replicas. Where none is,
 * one is waited for while the master, asked again at least once a second, has one that answers: that the last one dies
 * doesn't stop the work, and one that joins counts.
 */
export function createReplicaWait(link: Link, meta: WatchedMeta, settings: ReplicaSettings): AwaitReplicas {
  const { shard, demanded, logger } = settings
  let present = 0
  let askedAt = Number.NEGATIVE_INFINITY
  let hasMissed = false

  async function needed(isDoubtful: boolean): Promise<number> {
    if (demanded !== undefined) return demanded
    if (!isDoubtful && performance.now() - askedAt < believedMs) return Math.min(1, present)
    present = await countReplicas(link, settings)
    askedAt = performance.now()
    if (present > 0) hasMissed = false
    return Math.min(1, present)
  }

  const waitOnce = (sequence: number, count: number, deadline: number) =>
    link.retry(
      `${shard}: WAIT`,
      () =>
        meta.replicated(sequence, count, sliceMs).catch((error: unknown) => {
          meta.drop()
          throw error
        }),
      deadline,
    )

  return async (sequence) => {
    const deadline = link.deadline()
    for (let isDoubtful = false; ; isDoubtful = true) {
      const count = await needed(isDoubtful)
      if (count === 0) {
        if (isDoubtful && !hasMissed) logger?.warn({ shard }, 'no Redis replica answers: commits count without one')
        hasMissed ||= isDoubtful
        return
      }
      const reached = await waitOnce(sequence, count, deadline)
      if (reached >= count) return
      if (Date.now() + 2 * sliceMs >= deadline) {
        throw new CodedError(
          'KM_STORE_UNAVAILABLE',
          `${shard}: commit ${sequence} reached ${reached} of ${count} Redis replicas in time; look after the replicas`,
          { canRetry: true },
        )
      }
      await abortable(sleep(20), link.signal)
    }
  }
}

/** Replicas that follow the master of the shard and answer; none where it may not be asked, which takes `allow_unsafe`. */
async function countReplicas(link: Link, { shard, metaKey }: ReplicaSettings): Promise<number> {
  const text = await link.retry(`${shard}: INFO replication`, async () => {
    const command = new RoutedCommand(metaKey, 'info', ['replication'])
    link.client.sendCommand(command)
    return command.promise.then(String, (error: unknown) => {
      if (isForbidden(error)) return ''
      throw error
    })
  })
  const lines = text.split(/\r?\n/).filter((line) => /^slave\d+:.*\bstate=online\b/.test(line))
  return lines.filter((line) => Number(/\blag=(\d+)/.exec(line)?.[1] ?? 0) <= lagMax).length
}
