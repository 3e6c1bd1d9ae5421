import { randomInt } from 'node:crypto'
import { BulkheadRejectedError, bulkhead, ExponentialBackoff, handleWhenResult, retry } from 'cockatiel'
import type { CountryCode } from 'libphonenumber-js'
import type { DeliverPdu } from 'smpp'
import { isPhoneNumber } from '../../../domain/phone-number.ts'
import { dayMs } from '../../../domain/time-zones.ts'
import type { Clock } from '../../../flow/clock.ts'
import { type Channel, type ChannelListener, type Log, type Message, notSent, type Outcome } from '../../channel.ts'
import { faultCodeOf } from '../../fault-code.ts'
import { tellAccepted } from '../tell-accepted.ts'
import { createThrottle } from '../throttle.ts'
import { type BindsSettings, createSmppBinds } from './smpp-binds.ts'
import { canonicalId, type MessageIdForms, readDeliver } from './smpp-inbound.ts'
import { refusal } from './smpp-status.ts'
import { type Part, partsOf, type SubmitSettings, submitFields } from './smpp-submit.ts'

export interface SmppSettings extends BindsSettings, SubmitSettings {
  /** Submits that may wait for their answers at once, on each bind; 1 or more. */
  readonly window: number
  /** Submits that may wait for a place in the window; beyond it a message is given back. */
  readonly waitingMax: number
  /** Submits, through all binds together; above 0. */
  readonly perSecond: number
  /** Of them, those that may leave at once after a pause; 1 or more. */
  readonly burst: number
  /** Pause before a submit is repeated that the SMSC could not take for now. */
  readonly againMs: { readonly first: number; readonly longest: number }
  /** Short messages that one text may become; 1 to 255. A longer text is refused. */
  readonly partsMax: number
  /** The SMSC may try to deliver until not_after, but not longer than this. */
  readonly validityMaxMs: number
  /** How long a message waits for the next bind, of which no part has left, before it is given back. */
  readonly unboundMs: number
  readonly messageIds: MessageIdForms
  /** Country of senders that are not written internationally; undefined: those are not understood. */
  readonly country: CountryCode | undefined
}

export const smppDefaults = {
  bind: 'transceiver',
  binds: 1,
  systemType: '',
  bindTimeoutMs: 10_000,
  enquireLinkMs: 30_000,
  answerTimeoutMs: 30_000,
  reconnectMs: { first: 500, longest: 30_000 },
  source: { address: '' },
  longTexts: 'segments',
  window: 10,
  waitingMax: 10_000,
  perSecond: 100,
  burst: 10,
  againMs: { first: 200, longest: 2_000 },
  partsMax: 10,
  validityMaxMs: 2 * dayMs,
  unboundMs: 2_000,
  messageIds: { submit: 'text', receipt: 'text' },
  country: undefined,
} as const satisfies Omit<SmppSettings, 'url'>

const provider = 'smpp'
/** deliver_sm_resp "temporary application error": the SMSC tells it again. */
const tellAgain = 0x64
const deliveringMax = 1_000

/**
 * SMS by SMPP 3.4.
 * @throws CodedError KM_SMPP_URL
 */
export function createSmppChannel(settings: SmppSettings, clock: Clock, log: Log): Channel {
  const link = createSmppBinds(settings, log, onDeliver)
  const throttle = createThrottle(settings.perSecond, settings.burst)
  const width = settings.window * settings.binds
  const window = bulkhead(width, settings.waitingMax)
  const { first, longest } = settings.againMs
  const again = {
    maxAttempts: Number.POSITIVE_INFINITY,
    backoff: new ExponentialBackoff({ initialDelay: first, maxDelay: longest }),
  }
  const whileThrottled = retry(
    handleWhenResult((result) => isThrottled(result as Outcome)),
    again,
  )
  const whileNotTaken = retry(
    handleWhenResult((result) => isPassing(result as Outcome)),
    again,
  )
  const counts = { accepted: 0, refused: 0, unknown: 0 }
  let listener: ChannelListener | undefined
  let reference = randomInt(256)
  let closing = false
  let delivering = 0

  async function sendParts(message: Message, signal: AbortSignal): Promise<Outcome> {
    reference = (reference + 1) & 0xff
    const parts = partsOf(message, settings, reference)
    if (!parts) return { kind: 'refused', code: 'text-too-long', detail: null }
    const messageIds: string[] = []
    for (const [i, part] of parts.entries()) {
      // Half a message is worse than a late one: what comes behind the first part is tried as long as may be.
      const untilTaken = i === 0 ? whileThrottled : whileNotTaken
      const outcome = await untilTaken.execute(() => sendPart(part, signal), signal)
      if (outcome.kind === 'accepted') messageIds.push(...outcome.messageIds)
      else if (i === 0) return outcome
      else return { kind: 'unknown', code: 'partly-sent', detail: `${outcome.code}, ${i} of ${parts.length} left` }
    }
    return { kind: 'accepted', messageIds }
  }

  /** One try of one part: a place in the window, the bind, the throttle, and the last look at the clock. */
  async function sendPart(part: Part, signal: AbortSignal): Promise<Outcome> {
    try {
      // Without the signal: a bulkhead of cockatiel that drops an aborted entry doesn't look at the entry behind it.
      return await window.execute(async () => {
        if (signal.aborted) return notSent('stopping')
        if (!(await isBound(part, signal))) return notSent('channel-down')
        if (!(await throttle.take(signal))) return notSent('throttled')
        if (clock.now() >= part.message.notAfter) return notSent('expired')
        if (signal.aborted || closing) return notSent('stopping')
        return submit(part)
      })
    } catch (error) {
      if (error instanceof BulkheadRejectedError) return notSent('queue-full')
      throw error
    }
  }

  async function isBound({ part }: Part, signal: AbortSignal): Promise<boolean> {
    if (link.state().bound) return true
    return link.bound(part === 1 ? AbortSignal.any([signal, AbortSignal.timeout(settings.unboundMs)]) : signal)
  }

  async function submit(part: Part): Promise<Outcome> {
    const fields = submitFields(part, settings, validFor(part.message.notAfter))
    const answer = await link.submit(fields, (late) => void took(part, late))
    switch (answer.kind) {
      case 'not-bound':
        return notSent('channel-down')
      case 'no-answer':
      case 'connection-lost':
        return { kind: 'unknown', code: answer.kind, detail: null }
      case 'answered':
        if (answer.status !== 0) return refusal(answer.status)
        return { kind: 'accepted', messageIds: [await took(part, answer.messageId)] }
    }
  }

  /** The SMSC took it, now or late; returns its id as receipts name it. */
  async function took({ message, part, parts }: Part, id: string): Promise<string> {
    const { commandId, subscriberId } = message
    const messageId = canonicalId(id, settings.messageIds.submit)
    await tellAccepted(listener, { messageId, commandId, subscriberId, part, parts }, provider, log)
    return messageId
  }

  /** The SMSC delivers nothing much later than it may leave; what hardly may, gets a minute. */
  function validFor(notAfter: number): number {
    return Math.min(Math.max(clock.millisUntil(notAfter), 60_000), settings.validityMaxMs)
  }

  async function onDeliver(pdu: DeliverPdu): Promise<number> {
    if (closing || delivering >= deliveringMax || !listener) return tellAgain
    delivering++
    try {
      const inbound = readDeliver(pdu, settings.messageIds, settings.country)
      if (inbound.kind === 'receipt') await listener.receipt(inbound.receipt)
      else if (inbound.kind === 'message') await listener.inbound(inbound.message)
      else listener.unreadable(inbound.what, inbound.why)
      return 0
    } catch (error) {
      log.warn({ provider, code: faultCodeOf(error) }, 'a deliver_sm could not be kept: the SMSC is asked to repeat it')
      return tellAgain
    } finally {
      delivering--
    }
  }

  return {
    provider,
    width,
    reaches: isPhoneNumber,
    ahead: Math.max(width, Math.ceil(settings.perSecond / 10)),

    start(heard) {
      listener = heard
      link.start()
    },

    async send(message, signal) {
      const outcome = await sendParts(message, signal)
      if (outcome.kind !== 'not-sent') counts[outcome.kind]++
      return outcome
    },

    health() {
      const { bound, reason, outstanding } = link.state()
      return { ready: bound && !closing, reason, outstanding, ...counts }
    },

    close() {
      closing = true
      return link.close()
    },
  }
}

/** The SMSC's own answer has a detail, the name of its status; what stands in the way on our side has none. */
const isFromSmsc = ({ detail }: Pick<Extract<Outcome, { kind: 'not-sent' }>, 'detail'>): boolean => detail !== null

/** The SMSC says that it would take it a little later. */
const isThrottled = (outcome: Outcome): boolean =>
  outcome.kind === 'not-sent' && isFromSmsc(outcome) && outcome.code !== 'provider-trouble'

/** It is taken once the SMSC is there, or has what troubles it behind it. */
const isPassing = (outcome: Outcome): boolean =>
  outcome.kind === 'not-sent' && (isFromSmsc(outcome) || outcome.code === 'channel-down')
