import { ExponentialBackoff, handleWhenResult, retry } from 'cockatiel'
import type { Clock } from '../../../flow/clock.ts'
import { type Channel, type ChannelListener, type Log, type Message, notSent, type Outcome } from '../../channel.ts'
import { createSetupFault, type SetupFault } from '../setup-fault.ts'
import { tellAccepted } from '../tell-accepted.ts'
import { createThrottle } from '../throttle.ts'
import type { PushOutcome, PushProvider } from './push-provider.ts'

export interface PushSettings {
  /** Notifications, through all services together; above 0. What leaves within a tenth of a second may leave at once. */
  readonly perSecond: number
  /** Notifications that are handed over and not yet answered, at most. */
  readonly width: number
  /** Pause before one is handed over again that wasn't taken. */
  readonly againMs: { readonly first: number; readonly longest: number }
  /** A service that can't be reached is tried for so long; then the notification comes back, and the circuit hears of it. */
  readonly unreachedMs: number
}

export const pushDefaults = {
  againMs: { first: 200, longest: 10_000 },
  unreachedMs: 2_000,
} as const satisfies Partial<PushSettings>

const provider = 'push'
/** However long a service asks for, it is looked after it again within a minute. */
const silentMostMs = 60_000

/** A provider, and how it stands with it. */
interface Way {
  readonly provider: PushProvider
  /** It asked for silence until then. Of `performance.now`. */
  silentUntil: number
  /** Notifications that it didn't take and that wait to be handed over again. */
  waiting: number
  /** Whether it lets us send. */
  readonly fault: SetupFault
}

interface Tried {
  readonly outcome: Outcome
  /** It may be handed over again, and there is room to wait for that. */
  readonly again: boolean
}

/**
 * One channel of all push services that are set up: an address begins with the name of its own. One that takes nothing
 * keeps half of the places at most from the others.
 */
export function createPushChannel(
  providers: readonly PushProvider[],
  { perSecond, width, againMs, unreachedMs }: PushSettings,
  clock: Clock,
  log: Log,
): Channel {
  const ways = new Map(providers.map((one): [string, Way] => [one.name, wayTo(one, log)]))
  const burst = Math.ceil(perSecond / 10)
  const throttle = createThrottle(perSecond, burst)
  const waitingMost = Math.max(1, Math.floor(width / 2))
  const untilTaken = retry(
    handleWhenResult((result) => (result as Tried).again),
    {
      maxAttempts: Number.POSITIVE_INFINITY,
      backoff: new ExponentialBackoff({ initialDelay: againMs.first, maxDelay: againMs.longest }),
    },
  )
  const counts = { accepted: 0, refused: 0, unknown: 0 }
  const underWay = new Set<Promise<unknown>>()
  let closing = false
  let listener: ChannelListener | undefined

  /** `before`: what became of the try before, which is why it is given back when its time is over. */
  async function tryOnce(
    way: Way,
    token: string,
    message: Message,
    signal: AbortSignal,
    before: Outcome | undefined,
  ): Promise<Outcome> {
    if (performance.now() < way.silentUntil) return before ?? notSent('throttled')
    if (!(await throttle.take(signal))) return before ?? notSent('throttled')
    if (clock.now() >= message.notAfter) return notSent('expired')
    if (signal.aborted || closing) return notSent('stopping')
    const taken = await way.provider.send(token, message, signal)
    if (taken.kind === 'not-sent' && taken.silentMs !== undefined) {
      way.silentUntil = performance.now() + Math.min(taken.silentMs, silentMostMs)
    }
    if (taken.kind === 'not-sent' && taken.isSetupFault) way.fault.seen(taken.detail)
    else if (taken.kind === 'accepted') way.fault.over()
    return outcomeOf(taken, message.address)
  }

  async function send(message: Message, signal: AbortSignal): Promise<Outcome> {
    const { name, token } = partsOf(message.address)
    const way = ways.get(name)
    if (!way) return { kind: 'refused', code: 'no-address', detail: `no push service '${name}' is set up` }
    let last: Outcome | undefined
    let isWaiting = false
    const giveUpAt = performance.now() + unreachedMs
    const isPassing = (one: Outcome) =>
      one.kind === 'not-sent' &&
      (one.code === 'throttled' || (one.code === 'channel-down' && performance.now() < giveUpAt))
    const { outcome } = await untilTaken
      .execute(async (): Promise<Tried> => {
        last = await tryOnce(way, token, message, signal, last)
        if (!isPassing(last)) return { outcome: last, again: false }
        if (!isWaiting && way.waiting >= waitingMost) return { outcome: last, again: false }
        if (!isWaiting) way.waiting++
        isWaiting = true
        return { outcome: last, again: true }
      }, signal)
      .finally(() => {
        if (isWaiting) way.waiting--
      })
    if (outcome.kind !== 'not-sent') counts[outcome.kind]++
    if (outcome.kind !== 'accepted') return outcome
    const { commandId, subscriberId } = message
    for (const messageId of outcome.messageIds) {
      await tellAccepted(listener, { messageId, commandId, subscriberId, part: 1, parts: 1 }, provider, log)
    }
    return outcome
  }

  return {
    provider,
    width,
    ahead: burst,

    reaches: (address) => ways.has(partsOf(address).name),

    start(heard) {
      listener = heard
    },

    send(message, signal) {
      const sent = send(message, signal)
      underWay.add(sent)
      return sent.finally(() => underWay.delete(sent))
    },

    // A service that can't be reached is tried with each message: nothing else would find out that it is there again.
    health: () => ({
      ready: !closing,
      reason: providers.map(({ name, reason }) => `${name} ${reason()}`).join(', '),
      outstanding: underWay.size,
      ...counts,
      faults: [...ways.values()].flatMap(({ fault }) => fault.current() ?? []),
    }),

    async close() {
      closing = true
      await Promise.allSettled(underWay)
      await Promise.all(providers.map((one) => one.close()))
    },
  }
}

const wayTo = (provider: PushProvider, log: Log): Way => ({
  provider,
  silentUntil: 0,
  waiting: 0,
  fault: createSetupFault({
    provider: provider.name,
    code: 'KM_PUSH_CREDENTIALS',
    text: 'the service does not let us send: see push in the settings',
    log,
  }),
})

function partsOf(address: string): { readonly name: string; readonly token: string } {
  const end = address.indexOf(':')
  return end < 0 ? { name: '', token: address } : { name: address.slice(0, end), token: address.slice(end + 1) }
}

function outcomeOf(taken: PushOutcome, address: string): Outcome {
  switch (taken.kind) {
    case 'accepted':
      return { kind: 'accepted', messageIds: [taken.messageId] }
    case 'gone':
      return { kind: 'refused', code: 'unregistered', detail: taken.detail, gone: { address, since: taken.since } }
    case 'not-sent':
      return notSent(taken.code, taken.detail)
    default:
      return taken
  }
}
