import { setTimeout as sleep } from 'node:timers/promises'
import { BulkheadRejectedError, bulkhead } from 'cockatiel'
import { deterministicUuid } from '../../../domain/ids.ts'
import { isPhoneNumber } from '../../../domain/phone-number.ts'
import type { Clock } from '../../../flow/clock.ts'
import { type Channel, type ChannelListener, type Log, type Message, notSent, type Outcome } from '../../channel.ts'
import type { DeliverCode } from '../../codes.ts'
import { createThrottle } from '../throttle.ts'
import type { CallEvent, Dialler, Prompt } from './dialler.ts'
import { type Call, type CallSettings, createCall } from './ivr-call.ts'
import { createCallTold, type Keys } from './ivr-told.ts'

export interface IvrSettings extends CallSettings {
  /** Calls at once; 1 or more. */
  readonly lines: number
  /** Calls that are begun; above 0. */
  readonly perSecond: number
  /** How long a phone rings, at most; it doesn't ring past the message's not_after. */
  readonly ringMs: number
  readonly keys: Keys
  /** Where the agent's key leads: an extension, as the switch's dialplan has it. */
  readonly agent: string
  /** Times that the message is said, when the key is wrong or none. */
  readonly times: number
  /** For a key, behind the message. */
  readonly keyWaitMs: number
  /** How long a call waits for a switch that isn't connected, before it is given back. */
  readonly unconnectedMs: number
  /** How long calls may go on when the channel closes; then they are hung up. */
  readonly closingMs: number
}

export const ivrDefaults = {
  lines: 10,
  perSecond: 2,
  ringMs: 30_000,
  callMaxMs: 180_000,
  lostMs: 30_000,
  marginMs: 5_000,
  keys: { accepted: '1', refused: '2', 'call-back': '3', 'opted-out': '9', agent: '' },
  agent: '',
  times: 2,
  keyWaitMs: 5_000,
  unconnectedMs: 2_000,
  closingMs: 15_000,
} as const satisfies IvrSettings

/** Calls that may wait for a line; the sender admits no more than there are lines, and what rings holds its line on. */
const waitingMax = 1_000

/** Calls out, says the message, and takes a key for an answer; through whichever switch the dialler leads to. */
export function createIvrChannel(settings: IvrSettings, dialler: Dialler, clock: Clock, log: Log): Channel {
  const provider = 'ivr'
  const lines = bulkhead(settings.lines, waitingMax)
  const throttle = createThrottle(settings.perSecond, 1)
  const calls = new Map<string, { readonly call: Call; readonly message: Message }>()
  /** Rung, and not over. */
  let talking = 0
  const counts = { accepted: 0, refused: 0, unknown: 0 }
  const keys = Object.values(settings.keys).join('')
  let listener: ChannelListener | undefined
  let closing = false
  const messageOf = (id: string) => calls.get(id)?.message
  const told = createCallTold({ provider, listener: () => listener, messageOf, keys: settings.keys, log })

  function hear(event: CallEvent): void {
    if (!('id' in event)) {
      for (const { call } of calls.values()) call.hear(event)
      return
    }
    const known = calls.get(event.id)
    if (known) known.call.hear(event)
    // Begun by a process that has ended since, or by another one: a key that was pressed isn't lost.
    else if (event.kind === 'ended' && event.key !== null) void tellOfOther(event.id, event.key)
  }

  async function tellOfOther(id: string, key: string): Promise<void> {
    await told.key(id, key)
    await told.result(id, { state: 'delivered', error: null })
  }

  /** Takes a line and keeps it until the call is over; gives `settle` what became of the attempt before. */
  async function occupyLine(message: Message, signal: AbortSignal, settle: (outcome: Outcome) => void): Promise<void> {
    const stopped = await whyNot(message, signal)
    if (stopped) return settle(notSent(stopped))
    const prompt = promptOf(message.text)
    if (!prompt || !isPhoneNumber(message.address)) {
      return settle({ kind: 'refused', code: 'refused', detail: prompt ? 'number' : 'recording' })
    }
    const id = callIdOf(message.attemptId)
    const ringMs = Math.min(settings.ringMs, clock.millisUntil(message.notAfter))
    const call = createCall({
      id,
      question: { prompt, keys, times: settings.times, waitMs: settings.keyWaitMs },
      agent: { key: settings.keys.agent, extension: settings.agent },
      ringMs,
      settings,
      dialler,
      told,
      unsaid: () =>
        log.error(
          { provider, code: 'KM_IVR_NOT_SAID' },
          'the switch could not play a message: look for its recording, or its speech engine',
        ),
    })
    calls.set(id, { call, message })
    const outcome = call.outcome.then((known) => {
      if (known.kind === 'accepted') talking++
      settle(known)
      return known.kind
    })
    const dialled = await dialler.dial({ id, number: message.address, ringMs, callMaxMs: settings.callMaxMs })
    if (dialled.kind === 'not-sent') {
      call.drop(notSent(dialled.detail === null ? 'channel-down' : 'provider-trouble', dialled.detail))
    }
    await call.over
    if ((await outcome) === 'accepted') talking--
    calls.delete(id)
  }

  /** Waits for the switch and the throttle, and looks at the clock last of all. */
  async function whyNot(message: Message, signal: AbortSignal): Promise<DeliverCode | undefined> {
    if (signal.aborted) return 'stopping'
    if (!(await isConnected(signal))) return 'channel-down'
    if (!(await throttle.take(signal))) return 'throttled'
    if (clock.now() >= message.notAfter) return 'expired'
    return signal.aborted || closing ? 'stopping' : undefined
  }

  const isConnected = async (signal: AbortSignal): Promise<boolean> =>
    dialler.state().connected ||
    dialler.connected(AbortSignal.any([signal, AbortSignal.timeout(settings.unconnectedMs)]))

  function send(message: Message, signal: AbortSignal): Promise<Outcome> {
    return new Promise((resolve) => {
      // What waits for a line in vain goes back; once it has one, `occupyLine` looks at the signal itself.
      const giveUp = () => !onLine && resolve(notSent('queue-full'))
      let onLine = false
      signal.addEventListener('abort', giveUp, { once: true })
      const line = lines.execute(() => {
        onLine = true
        return occupyLine(message, signal, resolve)
      })
      line
        .catch((error: unknown) => {
          if (error instanceof BulkheadRejectedError) return resolve(notSent('queue-full'))
          log.error({ provider, code: 'KM_DELIVER_FAILED' }, 'a call failed inside deliver')
          resolve({ kind: 'unknown', code: 'internal-error', detail: null })
        })
        .finally(() => signal.removeEventListener('abort', giveUp))
    })
  }

  return {
    provider,
    width: settings.lines,
    reaches: isPhoneNumber,
    occupied: () => talking,

    start(heard) {
      listener = heard
      dialler.start(hear)
    },

    async send(message, signal) {
      const outcome = await send(message, signal)
      if (outcome.kind !== 'not-sent') counts[outcome.kind]++
      return outcome
    },

    health() {
      const { connected, reason } = dialler.state()
      return { ready: connected && !closing, reason, outstanding: calls.size, ...counts }
    },

    async close() {
      closing = true
      const all = () => Promise.all([...calls.values()].map(({ call }) => call.over))
      await Promise.race([all(), sleep(settings.closingMs, undefined, { ref: false })])
      for (const { call } of calls.values()) call.hangUp()
      await Promise.race([all(), sleep(settings.marginMs, undefined, { ref: false })])
      await dialler.close()
    },
  }
}

/** `recording:name.wav` is played; any other text is spoken. Undefined: it is no name of a recording. */
function promptOf(text: string): Prompt | undefined {
  const [, name] = /^recording:(.*)$/s.exec(text.trim()) ?? []
  if (name === undefined) return { kind: 'speech', text }
  const isName = /^[\w-][\w.-]*(\/[\w-][\w.-]*)*$/.test(name.trim())
  return isName ? { kind: 'recording', name: name.trim() } : undefined
}

/** As the switch knows the call of an attempt: asked about again, it is the same call. */
export const callIdOf = (attemptId: string): string => deterministicUuid(`ivr\0${attemptId}`)
