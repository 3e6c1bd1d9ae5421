import { ExponentialBackoff, handleAll, retry } from 'cockatiel'
import type { ChannelListener, Log, Message, ProviderReceipt } from '../../channel.ts'

/** What keys mean, by what a reply says of it; '' : no key means it. */
export interface Keys {
  readonly accepted: string
  readonly refused: string
  /** Wants to be called back by somebody. */
  readonly 'call-back': string
  readonly 'opted-out': string
  /** Is put through at once. */
  readonly agent: string
}

/** Puts what becomes of calls on the log, and tries again while the log is away. Never rejects. */
export interface CallTold {
  /** It rings: the message has left. */
  left(id: string): Promise<void>
  key(id: string, key: string): Promise<void>
  result(id: string, receipt: Omit<ProviderReceipt, 'messageId'>): Promise<void>
}

interface ToldParts {
  readonly provider: string
  readonly listener: () => ChannelListener | undefined
  /** Of a call of this process; other processes' are known by their ids alone. */
  readonly messageOf: (id: string) => Message | undefined
  readonly keys: Keys
  readonly log: Log
}

export function createCallTold({ provider, listener, messageOf, keys, log }: ToldParts): CallTold {
  const untilKept = retry(handleAll, {
    maxAttempts: 30,
    backoff: new ExponentialBackoff({ initialDelay: 100, maxDelay: 10_000 }),
  })

  async function keep(what: string, task: () => Promise<unknown> | undefined): Promise<void> {
    try {
      await untilKept.execute(task)
    } catch {
      log.error({ provider, code: 'KM_IVR_NOT_KEPT', what }, 'what became of a call could not be kept')
    }
  }

  return {
    async left(id) {
      const message = messageOf(id)
      if (!message) return
      const { commandId, subscriberId } = message
      // The channel's side of it tries some times itself; it has left, whatever becomes of the index.
      try {
        await listener()?.accepted({ messageId: id, commandId, subscriberId, part: 1, parts: 1 })
      } catch {
        log.error(
          { provider, code: 'KM_IVR_NOT_KEPT', what: 'id' },
          'a call could not be noted: its result will not be known',
        )
      }
    },

    key(id, key) {
      const action = (Object.keys(keys) as (keyof Keys)[]).find((meaning) => keys[meaning] === key)
      if (!action) return Promise.resolve()
      return keep('key', () => listener()?.reply({ messageId: id, digits: key, action }))
    },

    result: (id, receipt) => keep('result', () => listener()?.receipt({ messageId: id, ...receipt })),
  }
}
