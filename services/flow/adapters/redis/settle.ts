import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '../../../domain/errors.ts'
import { abortable } from '../../abortable.ts'
import { isPassing, isUnknownScript, type Link, RoutedCommand, unavailable, within } from './link.ts'
import { commitScript, loadScript } from './scripts.ts'

/** A commit on its way. */
export interface PendingCommit {
  readonly shard: string
  readonly metaKey: string
  readonly epoch: string
  readonly sequence: number
  /** EVALSHA of commit.lua. */
  readonly command: Buffer
}

/** Epoch and sequence as they are stored; null where there are none. */
type Stored = readonly [epoch: string | null, sequence: string | null]

/**
 * Sends a commit at once and resolves when it is in. Whatever leaves doubt is settled after the commit before it
 * (`before`) has been: epoch and sequence are read back, and the same command is sent again if it isn't in. That is
 * safe: the script changes nothing when its sequence is stored already, so that it counts once however often it
 * arrives, and however late.
 * @returns whether it went through at the first attempt, so that the command's buffer may be used again
 */
export async function settle(link: Link, commit: PendingCommit, before: Promise<unknown>): Promise<boolean> {
  const { signal } = link
  signal?.throwIfAborted()
  const deadline = link.deadline()
  // Sent before anything is awaited: two commits travel back to back.
  const sent = attempt(link, commit, deadline)
  let doubt: unknown
  try {
    if (isIn(commit, await sent)) return true
    doubt = new Error('the commit before it was not in')
  } catch (error) {
    doubt = error
  }
  await before
  for (let delay = 10; ; delay = Math.min(2 * delay, 200)) {
    signal?.throwIfAborted()
    try {
      if (isUnknownScript(doubt)) await within(loadScript(link.client, commit.metaKey, commitScript), deadline, signal)
      else if (!isPassing(doubt))
        throw unavailable(`${commit.shard}: Redis refuses commit ${commit.sequence}`, doubt, false)
      if (judge(commit, await readBack(link, commit, deadline))) return false
      if (judge(commit, await attempt(link, commit, deadline))) return false
      doubt = new Error('the commit was not taken')
    } catch (error) {
      if (error instanceof CodedError) throw error
      doubt = error
    }
    if (Date.now() + delay >= deadline) {
      throw unavailable(`${commit.shard}: not known whether commit ${commit.sequence} is in`, doubt, true)
    }
    await abortable(sleep(delay), signal)
  }
}

async function attempt(link: Link, commit: PendingCommit, deadline: number): Promise<Stored> {
  const command = new RoutedCommand(commit.metaKey, 'evalsha', [], commit.command)
  link.client.sendCommand(command)
  return (await within(command.promise, deadline, link.signal)) as Stored
}

async function readBack(link: Link, { metaKey }: PendingCommit, deadline: number): Promise<Stored> {
  const [epoch = null, sequence = null] = await within(link.client.hmget(metaKey, 'e', 's'), deadline, link.signal)
  return [epoch, sequence]
}

/** A later sequence under our epoch is ours as well: the commit behind this one, which needed this one. */
const isIn = ({ epoch, sequence }: PendingCommit, stored: Stored): boolean =>
  stored[0] === epoch && Number(stored[1] ?? 0) >= sequence

/** True: the commit is in; false: everything is ready for it. */
function judge(commit: PendingCommit, stored: Stored): boolean {
  const { shard, epoch, sequence } = commit
  if (isIn(commit, stored)) return true
  const [storedEpoch, storedSequence] = stored
  if (storedEpoch !== null && storedEpoch > epoch) {
    throw new CodedError('KM_SHARD_FENCED', `${shard} was taken by another owner (epoch ${storedEpoch}); stop it here`)
  }
  if (storedEpoch === epoch && Number(storedSequence ?? 0) === sequence - 1) return false
  throw new CodedError(
    'KM_STATE_ROLLED_BACK',
    `${shard} is at commit ${storedSequence ?? 'none'} of epoch ${storedEpoch ?? 'none'}, not at ${sequence - 1} of ` +
      `${epoch}: Redis went back; claim the shard again, reload and replay`,
  )
}
