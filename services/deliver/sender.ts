import { ExponentialBackoff, handleAll, retry } from 'cockatiel'
import { type Holds, noHolds } from '../control/holds.ts'
import { type Control, uncontrolled } from '../control/open.ts'
import { optOutsAlone, type ReplyWords } from '../domain/reply-words.ts'
import type { Clock } from '../flow/clock.ts'
import type { Channel as ChannelName } from '../topology.ts'
import { type Channel, type ChannelHealth, type ChannelListener, type Log, notSent, type Outcome } from './channel.ts'
import { type CircuitSettings, type CircuitStateName, createCircuit } from './circuit.ts'
import type { DeliverCode } from './codes.ts'
import type { EdgeIndex, Noted } from './edge-index.ts'
import { faultCodeOf } from './fault-code.ts'
import { createGate, type Gate } from './gate.ts'
import { holdCodeOf } from './held-back.ts'
import { type Append, type CountTold, createIntake } from './intake.ts'
import { urgencyOf } from './lane.ts'
import { type Linked, type Links, plainLinks } from './links.ts'
import type { SendEffect, SendResult } from './send-effect.ts'

export interface SenderSettings {
  /** Sends of one urgency that may wait for the channel; more are given back. */
  readonly sendsMax: number
  readonly breaker: CircuitSettings
}

export const senderDefaults = {
  sendsMax: 4_096,
  breaker: { failures: 20, halfOpenAfterMs: 10_000 },
} as const satisfies SenderSettings

/** Of a channel that doesn't say how much it takes at once. */
const defaultWidth = 64

export interface SenderParts {
  readonly name: ChannelName
  readonly channel: Channel
  readonly edge: EdgeIndex
  /** Default: links are sent as offers have them. */
  readonly links?: Pick<Links, 'put'>
  /** Puts receipts and replies on the log; resolves when they are durable. */
  readonly append: Append
  readonly clock: Clock
  readonly log: Log
  /** What replies mean at present; default: nothing but the opt-outs that hold everywhere. */
  readonly words?: () => ReplyWords
  /** What is paused and cancelled, up to the send; default: nothing is. */
  readonly control?: Pick<Control, keyof Holds | 'look' | 'subscribe'>
  readonly settings?: SenderSettings
  /** Counts what the channel tells later; default: nobody does. */
  readonly countTold?: CountTold
}

/** Runs deliver's effects, and takes what the channel tells later. */
export interface Sender {
  /** Names the channel's adapter. */
  readonly provider: string
  start(): void
  /** Never rejects. Whatever waits until `effect.giveUpAt` in vain comes back as "not sent". */
  send(effect: SendEffect): Promise<SendResult>
  /** So many commands may be claimed at present and not answered; 0: the channel takes nothing. */
  places(): number
  /** The most that `places` can be. */
  readonly placesMax: number
  circuit(): CircuitStateName
  /** Who waits for the channel, and who is in it. */
  load(): ReturnType<Gate['load']>
  /** The channel's health, with the circuit's. */
  health(): ChannelHealth
  /** First when stopping: nothing new leaves, what waits comes back as "not sent"; resolves when all have answered. */
  drain(): Promise<void>
  /** Last, once the results are committed: drains and closes the channel. */
  stop(): Promise<void>
}

export function createSender(parts: SenderParts): Sender {
  const {
    name,
    channel,
    edge,
    links = plainLinks,
    append,
    clock,
    log,
    words = () => optOutsAlone,
    control = uncontrolled(noHolds),
    countTold: count = () => undefined,
  } = parts
  const { sendsMax, breaker } = parts.settings ?? senderDefaults
  const width = channel.width ?? defaultWidth
  const placesMax = width + (channel.ahead ?? 0)
  const gate = createGate({ width, waitingMax: sendsMax })
  const stopping = new AbortController()
  const sending = new Set<Promise<SendResult>>()
  const circuit = createCircuit(breaker, channel.provider, log)
  const someTimes = retry(handleAll, { maxAttempts: 4, backoff: new ExponentialBackoff({ initialDelay: 50 }) })

  /** Why it may not leave now: it was claimed before it was paused or cancelled, and waited for the channel since. */
  function heldBack(effect: SendEffect): DeliverCode | undefined {
    control.look()
    const { commandId: id, campaigns, issuedAt: issued_at } = effect
    return control.isCancelled({ id, campaigns, issued_at }) ? 'cancelled' : holdCodeOf(control, effect)
  }

  async function trySend(effect: SendEffect): Promise<Outcome> {
    const { attemptId, commandId, subscriberId, sender, address, notAfter } = effect
    const giveUp = new AbortController()
    const signal = AbortSignal.any([giveUp.signal, stopping.signal])
    const timer = setTimeout(() => giveUp.abort(), Math.min(2 ** 31 - 1, clock.millisUntil(effect.giveUpAt)))
    const unsubscribe = control.subscribe(() => {
      if (heldBack(effect)) giveUp.abort()
    })
    try {
      const leave = await gate.enter(urgencyOf(effect.purpose), signal)
      if (leave === 'full') return notSent('queue-full')
      if (leave === 'given-up') return notSent(stopping.signal.aborted ? 'stopping' : whyNoPlace())
      try {
        const prepared = await prepare(effect)
        if (!prepared) return notSent('internal-error')
        const urgency = urgencyOf(effect.purpose)
        const message = { attemptId, commandId, subscriberId, sender, address, ...prepared.said, urgency, notAfter }
        const code = heldBack(effect)
        const isHeld = code !== undefined || signal.aborted
        const outcome = isHeld ? notSent(code ?? 'stopping') : await circuit.run(() => channel.send(message, signal))
        if (outcome.kind === 'not-sent' || outcome.kind === 'refused') await takeBack(effect, prepared.before)
        return outcome
      } finally {
        leave()
      }
    } finally {
      clearTimeout(timer)
      unsubscribe()
    }
  }

  const whyNoPlace = () => (channel.health().ready && circuit.state() === 'closed' ? 'queue-full' : 'channel-down')

  /**
   * Notes who is at the address and where links lead, before anything leaves: an answer may be quick. What is to be said, and what was
   * noted before; undefined when it cannot be noted.
   */
  async function prepare(effect: SendEffect): Promise<{ readonly said: Linked; readonly before: Noted } | undefined> {
    const { address, subscriberId, commandId, awaitedUntil } = effect
    try {
      const before = await someTimes.execute(() => edge.noted(address))
      const said = await someTimes.execute(async () => {
        await edge.reached(address, { subscriberId, commandId, awaitedUntil })
        return links.put(effect)
      })
      return { said, before }
    } catch (error) {
      log.error(
        { provider: channel.provider, code: faultCodeOf(error) },
        'the edge index cannot be written: nothing is sent',
      )
      return undefined
    }
  }

  /** Nothing has left: an answer is to what was said before. */
  async function takeBack({ address, commandId }: SendEffect, before: Noted): Promise<void> {
    try {
      await someTimes.execute(() => edge.takeBack(address, commandId, before))
    } catch (error) {
      const about = { provider: channel.provider, code: faultCodeOf(error) }
      log.warn(about, 'the edge index cannot be written: an answer may name a command that did not leave')
    }
  }

  async function outcomeOf(effect: SendEffect): Promise<Outcome> {
    try {
      const outcome = await trySend(effect)
      if (outcome.kind !== 'not-sent') return outcome
      const code = heldBack(effect)
      if (code) return notSent(code)
      if (outcome.code !== 'stopping') return outcome
      return notSent(stopping.signal.aborted ? 'stopping' : 'channel-down')
    } catch (error) {
      log.error({ provider: channel.provider, code: faultCodeOf(error) }, 'a send failed inside deliver')
      return { kind: 'unknown', code: 'internal-error', detail: null }
    }
  }

  /** The index may be away for a moment: what has left, and whose id is not kept, gets no delivery receipt. */
  const intake = createIntake({ channel: name, provider: channel.provider, edge, append, words, clock, log, count })
  const listener: ChannelListener = {
    ...intake,
    accepted: (part) => someTimes.execute(() => intake.accepted(part)),
  }

  async function drain(): Promise<void> {
    stopping.abort()
    await Promise.all(sending)
  }

  return {
    provider: channel.provider,
    start: () => channel.start(listener),

    send(effect) {
      const { attemptId, commandId, subscriberId } = effect
      const result = outcomeOf(effect).then((outcome) => ({ attemptId, commandId, subscriberId, outcome }))
      sending.add(result)
      void result.then(() => sending.delete(result))
      return result
    },

    places() {
      if (stopping.signal.aborted || !channel.health().ready) return 0
      return circuit.width(Math.max(0, placesMax - (channel.occupied?.() ?? 0)))
    },
    placesMax,
    circuit: circuit.state,
    load: gate.load,

    health() {
      const health = channel.health()
      const isHeld = circuit.state() !== 'closed'
      return isHeld ? { ...health, ready: false, reason: 'the circuit is open: the channel does not answer' } : health
    },

    drain,

    async stop() {
      await drain()
      await channel.close()
    },
  }
}
