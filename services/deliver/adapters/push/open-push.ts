import { CodedError } from '../../../domain/errors.ts'
import type { Clock } from '../../../flow/clock.ts'
import type { Settings } from '../../../settings/schema.ts'
import type { Channel, Log } from '../../channel.ts'
import { createApnsProvider } from './apns.ts'
import { type ApnsSigner, readApnsKey } from './apns-key.ts'
import { createFcmProvider } from './fcm.ts'
import { readFcmAccount } from './fcm-account.ts'
import { createPushChannel, pushDefaults } from './push.ts'
import type { PushProvider } from './push-provider.ts'
import { readVapidKey } from './vapid-key.ts'
import { createWebPushProvider } from './webpush.ts'

const connectTimeoutMs = 5_000

/**
 * One channel of the push services that the settings set up.
 * @throws CodedError KM_SETTINGS_INVALID: none is set up, or its credentials are none
 */
export function openPushChannel(settings: Settings['push'], clock: Clock, log: Log): Channel {
  const { title, connections, per_second: perSecond, answer_ms: answerTimeoutMs, fcm, apns, web } = settings
  const shared = { title, connectTimeoutMs, answerTimeoutMs }
  const providers: PushProvider[] = []
  if (fcm.credentials !== '') {
    const account = readFcmAccount(fcm.credentials)
    providers.push(createFcmProvider({ ...shared, connections, url: fcm.url, account }, clock))
  }
  if (apns.key !== '') {
    const { topic, url } = apns
    providers.push(createApnsProvider({ ...shared, topic, url, signer: signerOf(apns) }, clock, log))
  }
  if (web.key !== '') {
    const vapid = readVapidKey(web.key, web.subject)
    providers.push(
      createWebPushProvider(
        { ...shared, connections, vapid, hosts: web.hosts, allowPrivate: web.allow_private },
        clock,
      ),
    )
  }
  if (providers.length === 0) {
    const lacks = 'no push service is set up: give push.fcm.credentials_file, push.apns.key_file or push.web.key_file'
    throw new CodedError('KM_SETTINGS_INVALID', `push.channel is 'services', but ${lacks}`)
  }
  return createPushChannel(providers, { ...pushDefaults, perSecond, width: connections }, clock, log)
}

function signerOf({ key, key_id: keyId, team_id: teamId, topic }: Settings['push']['apns']): ApnsSigner {
  for (const [name, value] of Object.entries({ key_id: keyId, team_id: teamId, topic })) {
    if (value === '')
      throw new CodedError('KM_SETTINGS_INVALID', `push.apns.key is given, but push.apns.${name} is not`)
  }
  return { key: readApnsKey(key), keyId, teamId }
}
