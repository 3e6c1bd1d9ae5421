import { ExponentialBackoff, handleWhenResult, retry } from 'cockatiel'
import { isPhoneNumber } from '../../../domain/phone-number.ts'
import type { Clock } from '../../../flow/clock.ts'
import type { Channel as ChannelName } from '../../../topology.ts'
import { type Channel, type ChannelListener, type Log, type Message, notSent, type Outcome } from '../../channel.ts'
import { objectIn } from '../foreign-json.ts'
import { type Answered, createHttpPost, type PostSettings } from '../http-post.ts'
import { createSetupFault } from '../setup-fault.ts'
import { tellAccepted } from '../tell-accepted.ts'
import { createThrottle } from '../throttle.ts'
import { outcomeOfUnanswered } from '../unanswered.ts'
import { newsOf, type WebhookNews } from './webhook-news.ts'
import { sign } from './webhook-signature.ts'

export interface WebhookSettings extends PostSettings {
  readonly channel: ChannelName
  /** Of the gateway; http: or https:. */
  readonly url: string
  /** Key of the signatures, both ways. */
  readonly secret: string
  /** Requests; above 0. What leaves within a tenth of a second may leave at once. */
  readonly perSecond: number
  /** Pause before a request is made again of which the gateway said to come later. */
  readonly againMs: { readonly first: number; readonly longest: number }
}

export const webhookDefaults = {
  connectTimeoutMs: 5_000,
  answerTimeoutMs: 30_000,
  againMs: { first: 200, longest: 10_000 },
} as const satisfies Partial<WebhookSettings>

export interface WebhookChannel extends Channel {
  /** Takes what the gateway tells later, if it is signed. @throws CodedError KM_WEBHOOK_UNSIGNED, KM_WEBHOOK_UNREADABLE */
  tell(headers: Readonly<Record<string, string | string[] | undefined>>, body: string): Promise<WebhookNews['kind']>
}

const provider = 'webhook'
const eventSource = '/keymoment/deliver'
const idMost = 128

/**
 * Hands messages to an HTTP gateway: a POST each, as a structured CloudEvents 1.0 event, signed, with the command's id as the
 * event's and as Idempotency-Key, so that a gateway that keeps ids sends nothing twice.
 */
export function createWebhookChannel(settings: WebhookSettings, clock: Clock, log: Log): WebhookChannel {
  const { channel, secret, perSecond, againMs } = settings
  const to = new URL(settings.url)
  const requests = createHttpPost(settings)
  const burst = Math.ceil(perSecond / 10)
  const throttle = createThrottle(perSecond, burst)
  const whileThrottled = retry(
    handleWhenResult((result) => isThrottled(result as Outcome)),
    {
      maxAttempts: Number.POSITIVE_INFINITY,
      backoff: new ExponentialBackoff({ initialDelay: againMs.first, maxDelay: againMs.longest }),
    },
  )
  const counts = { accepted: 0, refused: 0, unknown: 0 }
  const underWay = new Set<Promise<unknown>>()
  /** The gateway asked for silence until then. Of `performance.now`. */
  let silentUntil = 0
  let reason = 'not tried yet'
  let reachable = true
  let closing = false
  const fault = createSetupFault({
    provider,
    code: 'KM_WEBHOOK_CREDENTIALS',
    text: 'the gateway does not take our signature: see webhook.secret',
    log,
  })
  let listener: ChannelListener | undefined

  /** `before`: what became of the try before, which is why it is given back when its time is over. */
  async function tryOnce(message: Message, signal: AbortSignal, before: Outcome | undefined): Promise<Outcome> {
    if (performance.now() < silentUntil) return notSent('throttled')
    if (!(await throttle.take(signal))) return before ?? notSent('throttled')
    const obstacle = () =>
      clock.now() >= message.notAfter ? 'expired' : signal.aborted || closing ? 'stopping' : undefined
    const code = obstacle()
    if (code) return notSent(code)
    const body = JSON.stringify(eventOf(channel, message, clock.now()))
    const headers = {
      'content-type': 'application/cloudevents+json; charset=utf-8',
      accept: 'application/json',
      'idempotency-key': message.commandId,
      ...sign(secret, message.commandId, body, Date.now()),
    }
    const answered = await requests.post({ to, headers, body, obstacle })
    note(answered)
    return outcomeOf(answered, message)
  }

  function note(answered: Answered): void {
    if (answered.kind === 'not-taken') {
      if (reachable) log.warn({ provider, code: 'KM_WEBHOOK_UNAVAILABLE', reason: answered.reason }, 'no connection')
      reachable = false
      reason = answered.reason
      return
    }
    if (!reachable) log.info({ provider }, 'the gateway is connected to again')
    reachable = true
    reason = answered.kind === 'answered' ? `answers ${answered.status}` : answered.kind
    if (answered.kind !== 'answered') return
    if (answered.status === 401) fault.seen('http 401')
    else if (answered.status < 500) fault.over()
    if (answered.status !== 429) return
    silentUntil = performance.now() + Math.min(answered.retryAfterMs ?? 0, 60_000)
  }

  async function send(message: Message, signal: AbortSignal): Promise<Outcome> {
    let last: Outcome | undefined
    const outcome = await whileThrottled.execute(async () => {
      last = await tryOnce(message, signal, last)
      return last
    }, signal)
    if (outcome.kind !== 'not-sent') counts[outcome.kind]++
    if (outcome.kind !== 'accepted') return outcome
    const { commandId, subscriberId } = message
    const [messageId = commandId] = outcome.messageIds
    await tellAccepted(listener, { messageId, commandId, subscriberId, part: 1, parts: 1 }, provider, log)
    return outcome
  }

  return {
    provider,
    width: settings.connections,
    ahead: burst,
    ...(channel !== 'push' && { reaches: isPhoneNumber }),

    start(heard) {
      listener = heard
    },

    send(message, signal) {
      const sent = send(message, signal)
      underWay.add(sent)
      return sent.finally(() => underWay.delete(sent))
    },

    async tell(headers, body) {
      const news = newsOf(secret, headers, body, Date.now())
      if (!listener) return news.kind
      if (news.kind === 'receipt') await listener.receipt(news.receipt)
      else await listener.inbound(news.message)
      return news.kind
    },

    // A gateway that can't be reached is tried with each message: nothing else would find out that it is there again.
    health() {
      const found = fault.current()
      return { ready: !closing, reason, outstanding: underWay.size, ...counts, faults: found ? [found] : [] }
    },

    async close() {
      closing = true
      await Promise.allSettled(underWay)
      requests.close()
    },
  }
}

/** A message as the gateway gets it: CloudEvents 1.0.2, JSON format. */
function eventOf(channel: ChannelName, { commandId, sender, address, text, notAfter }: Message, now: number): object {
  return {
    specversion: '1.0',
    id: commandId,
    source: eventSource,
    type: `io.keymoment.outreach.${channel}.v1`,
    subject: commandId,
    time: new Date(now).toISOString(),
    datacontenttype: 'application/json',
    data: {
      command_id: commandId,
      channel,
      address,
      text,
      ...(sender !== null && { sender }),
      not_after: new Date(notAfter).toISOString(),
    },
  }
}

/**
 * What an answer says of the message. Any 2xx: taken. 429: not taken, and may be asked again. 401: our secret is wrong, which waits
 * for whoever mends it. Another 4xx and a redirection: refused. A 5xx, as one of a proxy before the gateway, proves nothing: the
 * message may have left.
 */
function outcomeOf(answered: Answered, { commandId }: Message): Outcome {
  if (answered.kind !== 'answered') return outcomeOfUnanswered(answered)
  const { status, body } = answered
  const detail = `http ${status}`
  if (status >= 200 && status < 300) return { kind: 'accepted', messageIds: [messageIdOf(body) ?? commandId] }
  if (status === 429) return notSent('throttled', detail)
  if (status === 401) return notSent('channel-down', detail)
  if (status === 408 || status >= 500) return { kind: 'unknown', code: 'no-answer', detail }
  return { kind: 'refused', code: 'refused', detail }
}

/** `message_id` of a JSON answer, where it has one that can be kept. */
function messageIdOf(body: string): string | undefined {
  const { message_id: id } = objectIn(body)
  return typeof id === 'string' && id.length > 0 && id.length <= idMost ? id : undefined
}

const isThrottled = (outcome: Outcome): boolean => outcome.kind === 'not-sent' && outcome.code === 'throttled'
