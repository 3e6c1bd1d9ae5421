import { setTimeout as sleep } from 'node:timers/promises'
import { CodedError } from '../../../domain/errors.ts'
import { abortable } from '../../abortable.ts'
import type { Link } from './link.ts'

/** One WAIT; short, for what comes behind it on the connection waits as well. Milliseconds. */
const sliceMs = 100

/**
 * Resolves when `replicas` replicas have everything that was written before. WAIT asks for the last write of its own
 * connection, which may not be the one that carried the commit: so a small write goes ahead of it on the same one.
 * @throws CodedError KM_STORE_UNAVAILABLE (canRetry) if they don't within the time
 */
export async function awaitReplicas(
  link: Link,
  shard: string,
  metaKey: string,
  sequence: number,
  replicas: number,
): Promise<void> {
  const deadline = link.deadline()
  for (;;) {
    const reached = await link.retry(
      `${shard}: WAIT`,
      async () => {
        const replies = (await link.client.pipeline().hset(metaKey, 'w', sequence).wait(replicas, sliceMs).exec()) ?? []
        for (const [error] of replies) if (error) throw error
        return Number(replies[1]?.[1])
      },
      deadline,
    )
    if (reached >= replicas) return
    if (Date.now() + 2 * sliceMs >= deadline) {
      throw new CodedError(
        'KM_STORE_UNAVAILABLE',
        `${shard}: commit ${sequence} reached ${reached} of ${replicas} Redis replicas in time; look after the replicas`,
        { canRetry: true },
      )
    }
    await abortable(sleep(20), link.signal)
  }
}
