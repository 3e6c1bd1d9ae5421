import { CodedError } from '../domain/errors.ts'
import type { Clock } from '../flow/clock.ts'
import type { Settings } from '../settings/schema.ts'
import type { Channel, Log } from './channel.ts'
import { createFcmProvider } from './fcm.ts'
import { readFcmAccount } from './fcm-account.ts'
import { createPushChannel, pushDefaults } from './push.ts'
import type { PushProvider } from './push-provider.ts'

const connectTimeoutMs = 5_000

/**
 * One channel of the push services that the settings set up.
 * @throws CodedError KM_SETTINGS_INVALID: none is set up, or its credentials are none
 */
export function openPushChannel(settings: Settings['push'], clock: Clock, log: Log): Channel {
  const { title, connections, fcm } = settings
  const shared = { title, connections, connectTimeoutMs, answerTimeoutMs: settings.answer_ms }
  const providers: PushProvider[] = []
  if (fcm.credentials_file !== '') {
    const account = readFcmAccount(fcm.credentials_file)
    providers.push(createFcmProvider({ ...shared, url: fcm.url, account }, clock, log))
  }
  if (providers.length === 0) {
    const lacks = 'no push service is set up: give push.fcm.credentials_file'
    throw new CodedError('KM_SETTINGS_INVALID', `push.channel is 'services', but ${lacks}`)
  }
  return createPushChannel(
    providers,
    { ...pushDefaults, perSecond: settings.per_second, width: connections },
    clock,
    log,
  )
}
