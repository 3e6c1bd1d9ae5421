import { createHash } from 'node:crypto'
import webPush from 'web-push'
import type { Clock } from '../../../flow/clock.ts'
import { type Answered, createHttpPost, type PostSettings } from '../http-post.ts'
import { outcomeOfUnanswered } from '../unanswered.ts'
import { dataOf } from './push-data.ts'
import { obstacleTo, type PushNotification, type PushOutcome, type PushProvider, reasonOf } from './push-provider.ts'
import type { VapidKey } from './vapid-key.ts'
import { readSubscription, type WebSubscription } from './web-subscription.ts'

export interface WebPushSettings extends PostSettings {
  readonly vapid: VapidKey
  /** Of push services; others are not called. */
  readonly hosts: readonly string[]
  /** Above each text; '': the page's own alone. */
  readonly title: string
}

/** Every push service takes 4,096 bytes (RFC 8030, 7.2); so much of them is of the encryption (RFC 8188, 8291). */
const textBytesMost = 4_096 - 103
/** Four weeks: push services keep nothing longer. */
const ttlMostSeconds = 2_419_200

/** Push to browsers: RFC 8030, encrypted by RFC 8291, with VAPID (RFC 8292). */
export function createWebPushProvider(settings: WebPushSettings, clock: Clock): PushProvider {
  const { vapid, hosts, title, ...post } = settings
  const posts = createHttpPost(post)
  let reason = 'not tried yet'

  /** undefined: the keys of the subscription are no keys. */
  function requestOf({ endpoint, keys }: WebSubscription, notification: PushNotification, payload: string) {
    const { commandId, urgency, notAfter } = notification
    const isService = urgency === 'service'
    const seconds = Math.max(0, Math.floor(clock.millisUntil(notAfter) / 1_000))
    try {
      return webPush.generateRequestDetails({ endpoint: endpoint.href, keys }, payload, {
        vapidDetails: vapid,
        TTL: Math.min(ttlMostSeconds, seconds),
        urgency: isService ? 'high' : 'normal',
        // Of two that wait for a browser one comes; only what may be sent again could be two.
        ...(isService && { topic: topicOf(commandId) }),
      })
    } catch {
      return undefined
    }
  }

  async function ask(token: string, notification: PushNotification, signal: AbortSignal): Promise<PushOutcome> {
    const subscription = readSubscription(token, hosts, post.allowPrivate)
    if (subscription === 'not-read') return { kind: 'gone', since: null, detail: 'no subscription' }
    if (subscription === 'host') return refused('refused', 'no push service of push.web.hosts')
    const payload = JSON.stringify({ title, text: notification.text, ...dataOf(notification) })
    if (Buffer.byteLength(payload) > textBytesMost) return refused('text-too-long', null)
    const request = requestOf(subscription, notification, payload)
    if (!request) return { kind: 'gone', since: null, detail: 'no keys' }
    const obstacle = () => obstacleTo(notification, signal, clock)
    const code = obstacle()
    if (code) return { kind: 'not-sent', code, detail: null }
    const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), String(value)])
    const answered = await posts.post({
      to: subscription.endpoint,
      headers: Object.fromEntries(headers),
      body: request.body ?? '',
      obstacle,
    })
    return outcomeOf(answered, notification)
  }

  return {
    name: 'web',

    async send(token, notification, signal) {
      const outcome = await ask(token, notification, signal)
      reason = reasonOf(outcome)
      return outcome
    },

    reason: () => reason,

    async close() {
      posts.close()
    },
  }
}

/** At most 32 characters of base64url. */
const topicOf = (commandId: string): string => createHash('sha256').update(commandId).digest('base64url').slice(0, 32)

const refused = (code: 'refused' | 'text-too-long', detail: string | null): PushOutcome => ({
  kind: 'refused',
  code,
  detail,
})

/** What a push service means by its answer. docs/push.md has it as a table. */
function outcomeOf(answered: Answered, { attemptId }: PushNotification): PushOutcome {
  if (answered.kind === 'answered') return meaningOf(answered, attemptId)
  const isPrivate = answered.kind === 'not-taken' && answered.reason === 'KM_WEBHOOK_ADDRESS'
  return isPrivate ? refused('refused', 'its host has no public address') : outcomeOfUnanswered(answered)
}

/** As Mozilla's service words it (401) and as Google's does (403): of one subscription, whose page subscribed with another key. */
const keyMismatch = /VAPID public key mismatch|do not correspond to the credentials used to create the subscription/i

function meaningOf(answered: Extract<Answered, { kind: 'answered' }>, attemptId: string): PushOutcome {
  const { status, retryAfterMs, body } = answered
  const detail = `http ${status}`
  if (status >= 200 && status < 300) return { kind: 'accepted', messageId: attemptId }
  if (status === 404 || status === 410) return { kind: 'gone', since: null, detail }
  if (status === 413) return refused('text-too-long', detail)
  if (status === 408 || status >= 500) return { kind: 'unknown', code: 'no-answer', detail }
  if (status === 429) {
    return { kind: 'not-sent', code: 'throttled', detail, ...(retryAfterMs !== null && { silentMs: retryAfterMs }) }
  }
  if (keyMismatch.test(body)) {
    return refused('refused', `${detail}: the subscription was made for another key than push.web.key`)
  }
  const isOurs = status === 401 || status === 403 || (status === 400 && body.includes('UnauthorizedRegistration'))
  if (isOurs) return { kind: 'not-sent', code: 'channel-down', detail, isSetupFault: true }
  // A redirection isn't followed.
  return refused('refused', detail)
}
