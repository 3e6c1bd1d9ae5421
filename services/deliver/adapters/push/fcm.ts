import type { Clock } from '../../../flow/clock.ts'
import { createHttpPost, type PostSettings } from '../http-post.ts'
import { createFcmAccess } from './fcm-access.ts'
import type { FcmAccount } from './fcm-account.ts'
import { outcomeOf } from './fcm-answer.ts'
import { dataOf } from './push-data.ts'
import { obstacleTo, type PushNotification, type PushOutcome, type PushProvider, reasonOf } from './push-provider.ts'

export interface FcmSettings extends Omit<PostSettings, 'allowPrivate'> {
  readonly account: FcmAccount
  /** Of the service, without a path. */
  readonly url: string
  /** Above each text; '': the app's own name alone. */
  readonly title: string
}

/** Of what is shown and what goes with it. */
const payloadBytesMost = 4_096
/** Four weeks: nothing is kept longer for a device that is off. */
const ttlMostSeconds = 2_419_200

/** Push through Firebase Cloud Messaging, HTTP v1. */
export function createFcmProvider(settings: FcmSettings, clock: Clock): PushProvider {
  const { account, url, title, ...timeouts } = settings
  const to = new URL(`/v1/projects/${encodeURIComponent(account.projectId)}/messages:send`, url)
  const posts = createHttpPost({ ...timeouts, allowPrivate: true })
  const access = createFcmAccess(account, timeouts)
  let reason = 'not tried yet'

  async function ask(body: string, notification: PushNotification, signal: AbortSignal) {
    const held = await access.get()
    if (held.token === null)
      return { outcome: { ...notSent('channel-down', held.reason), isSetupFault: true } as const }
    const obstacle = () => obstacleTo(notification, signal, clock)
    const code = obstacle()
    if (code) return { outcome: notSent(code) }
    const headers = {
      authorization: `Bearer ${held.token}`,
      'content-type': 'application/json; charset=utf-8',
      accept: 'application/json',
    }
    const answered = await posts.post({ to, headers, body, obstacle })
    const isStale = answered.kind === 'answered' && answered.status === 401
    if (isStale) access.forget(held.token)
    return { outcome: outcomeOf(answered), isStale }
  }

  return {
    name: 'fcm',

    async send(token, notification, signal) {
      const shown = shownOf(notification, title)
      if (Buffer.byteLength(JSON.stringify(shown)) > payloadBytesMost) {
        return { kind: 'refused', code: 'text-too-long', detail: null }
      }
      const android = androidOf(notification, clock)
      const body = JSON.stringify({ message: { token, ...shown, android } })
      const first = await ask(body, notification, signal)
      // That its access token is too old is an answer before anything was taken.
      const { outcome } = first.isStale ? await ask(body, notification, signal) : first
      reason = reasonOf(outcome)
      return outcome
    },

    reason: () => reason,

    async close() {
      posts.close()
      access.close()
    },
  }
}

const shownOf = (notification: PushNotification, title: string) => ({
  notification: { ...(title !== '' && { title }), body: notification.text },
  data: dataOf(notification),
})

/**
 * The tag puts what is shown of a command in the place of what was shown of it before. What may be sent again also has a collapse
 * key, so that of two that wait for a device one comes: FCM keeps four such keys for a device at most, and marketing never
 * leaves twice.
 */
function androidOf({ commandId, urgency, notAfter }: PushNotification, clock: Clock): object {
  const seconds = Math.floor(clock.millisUntil(notAfter) / 1_000)
  return {
    ...(urgency === 'service' && { collapseKey: commandId }),
    priority: urgency === 'service' ? 'HIGH' : 'NORMAL',
    ttl: `${Math.min(ttlMostSeconds, seconds)}s`,
    notification: { tag: commandId },
  }
}

const notSent = (code: 'channel-down' | 'expired' | 'stopping', detail: string | null = null): PushOutcome => ({
  kind: 'not-sent',
  code,
  detail,
})
