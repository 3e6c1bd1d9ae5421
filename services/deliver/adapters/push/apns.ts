import { deterministicUuid } from '../../../domain/ids.ts'
import type { Clock } from '../../../flow/clock.ts'
import type { Log } from '../../channel.ts'
import { outcomeOf } from './apns-answer.ts'
import { type ApnsSigner, createApnsTokens } from './apns-key.ts'
import { type ApnsLinkSettings, createApnsLink } from './apns-link.ts'
import { dataOf } from './push-data.ts'
import { obstacleTo, type PushNotification, type PushProvider, reasonOf } from './push-provider.ts'

export interface ApnsSettings extends ApnsLinkSettings {
  readonly signer: ApnsSigner
  /** The app's bundle id. */
  readonly topic: string
  /** Above each text; '': the app's own name alone. */
  readonly title: string
}

const payloadBytesMost = 4_096

/** Push through the Apple Push Notification service, by tokens of the provider. */
export function createApnsProvider(settings: ApnsSettings, clock: Clock, log: Log): PushProvider {
  const { signer, topic, title } = settings
  const link = createApnsLink(settings, log)
  const providerToken = createApnsTokens(signer)
  let reason = 'not tried yet'

  return {
    name: 'apns',

    async send(token, notification, signal) {
      const { attemptId, commandId, urgency, notAfter } = notification
      const body = JSON.stringify(payloadOf(notification, title))
      if (Buffer.byteLength(body) > payloadBytesMost) return { kind: 'refused', code: 'text-too-long', detail: null }
      const authorization = `bearer ${await providerToken()}`
      const answered = await link.post(
        `/3/device/${encodeURIComponent(token)}`,
        {
          authorization,
          // APNs names what it tells by it.
          'apns-id': deterministicUuid(attemptId),
          'apns-topic': topic,
          'apns-push-type': 'alert',
          'apns-priority': urgency === 'service' ? '10' : '5',
          'apns-expiration': String(Math.floor((Date.now() + clock.millisUntil(notAfter)) / 1_000)),
          // Of two that say the same the second takes the place of the first.
          'apns-collapse-id': commandId.slice(0, 64),
        },
        body,
        () => obstacleTo(notification, signal, clock),
      )
      const outcome = outcomeOf(answered, clock.now())
      reason = reasonOf(outcome)
      return outcome
    },

    reason: () => reason,

    async close() {
      link.close()
    },
  }
}

const payloadOf = (notification: PushNotification, title: string) => ({
  aps: {
    alert: { ...(title !== '' && { title }), body: notification.text },
    ...(notification.urgency === 'service' && { sound: 'default' }),
  },
  ...dataOf(notification),
})
