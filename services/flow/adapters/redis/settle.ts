import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '../../../domain/errors.ts'
import { abortable } from '../../abortable.ts'
import type { Transaction } from './commit-encoder.ts'
import { isPassing, type Link, unavailable, within } from './link.ts'
import type { Stored, WatchedMeta } from './watched-meta.ts'

/** A commit on its way. */
export interface PendingCommit {
  readonly shard: string
  readonly epoch: string
  readonly sequence: number
  readonly transaction: Transaction
}

/**
 * Sends a commit once the one before it (`before`) has been settled, and resolves when it is in. Whatever leaves doubt is
 * settled by reading epoch and sequence back, and sending the same transaction again if it isn't in. That is safe: it is
 * carried out only on top of the very meta that was read, so that it counts once however often it arrives, and however late.
 * @returns whether it went through at the first attempt, so that the transaction's buffer may be used again
 */
export async function settle(
  link: Link,
  meta: WatchedMeta,
  commit: PendingCommit,
  before: Promise<unknown>,
): Promise<boolean> {
  const { signal } = link
  const deadline = link.deadline()
  await abortable(before, signal)
  let doubt: unknown = new Error('the commit was not taken')
  for (let delay = 10, atOnce = true; ; delay = Math.min(2 * delay, 200), atOnce = false) {
    signal?.throwIfAborted()
    try {
      // What was read before may be out of date; where it isn't what the commit builds on, it is read anew.
      const isReady = meta.stored !== null && isReadyFor(commit, meta.stored)
      if (!isReady && judge(commit, await within(meta.watch(), deadline, signal))) return false
      if (isIn(commit, await within(meta.execute(commit.transaction), deadline, signal))) return atOnce
    } catch (error) {
      if (error instanceof CodedError) throw error
      meta.drop()
      signal?.throwIfAborted()
      if (!isPassing(error)) throw unavailable(`${commit.shard}: Redis refuses commit ${commit.sequence}`, error, false)
      doubt = error
    }
    if (Date.now() + delay >= deadline) {
      throw unavailable(`${commit.shard}: not known whether commit ${commit.sequence} is in`, doubt, true)
    }
    await abortable(sleep(delay), signal)
  }
}

/** A later sequence under our epoch is ours as well: the commit behind this one, which needed this one. */
const isIn = ({ epoch, sequence }: PendingCommit, stored: Stored): boolean =>
  stored[0] === epoch && Number(stored[1] ?? 0) >= sequence

const isReadyFor = ({ epoch, sequence }: PendingCommit, stored: Stored): boolean =>
  stored[0] === epoch && Number(stored[1] ?? 0) === sequence - 1

/** True: the commit is in; false: everything is ready for it. */
function judge(commit: PendingCommit, stored: Stored): boolean {
  const { shard, epoch, sequence } = commit
  if (isIn(commit, stored)) return true
  if (isReadyFor(commit, stored)) return false
  const [storedEpoch, storedSequence] = stored
  if (storedEpoch !== null && storedEpoch > epoch) {
    throw new CodedError('KM_SHARD_FENCED', `${shard} was taken by another owner (epoch ${storedEpoch}); stop it here`)
  }
  throw new CodedError(
    'KM_STATE_ROLLED_BACK',
    `${shard} is at commit ${storedSequence ?? 'none'} of epoch ${storedEpoch ?? 'none'}, not at ${sequence - 1} of ` +
      `${epoch}: Redis went back; claim the shard again, reload and replay`,
  )
}
