import { type EventEmitter, once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { ExponentialBackoff, handleAll, retry } from 'cockatiel'

/** Pause before the next try to connect: doubled, with jitter, from `first` up to `longest`. Milliseconds. */
export interface ReconnectMs {
  readonly first: number
  readonly longest: number
}

/**
 * Connects, and anew whenever the connection is lost, until the signal aborts, by which it may reject. `connect` resolves once the
 * connection is in use; `lost` resolves when it has ended.
 */
export async function keepConnected(
  connect: () => Promise<{ readonly lost: Promise<unknown> }>,
  { first, longest }: ReconnectMs,
  signal: AbortSignal,
): Promise<void> {
  const untilConnected = retry(handleAll, {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff({ initialDelay: first, maxDelay: longest }),
  }).dangerouslyUnref()
  while (!signal.aborted) {
    const { lost } = await untilConnected.execute(connect, signal)
    await lost
    // Who lets in and hangs up at once must not be called in a tight loop.
    await sleep(first, undefined, { signal, ref: false }).catch(() => undefined)
  }
}

/** Resolves once it is so, which is looked at on each event of this name; false when the signal aborted before. */
export async function isSoon(
  isSo: () => boolean,
  events: EventEmitter,
  name: string,
  signal: AbortSignal,
): Promise<boolean> {
  while (!isSo()) {
    const aborted = await once(events, name, { signal }).then(
      () => false,
      () => true,
    )
    if (aborted) return false
  }
  return true
}
