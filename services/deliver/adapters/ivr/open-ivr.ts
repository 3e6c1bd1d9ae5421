import { CodedError } from '../../../domain/errors.ts'
import type { Clock } from '../../../flow/clock.ts'
import type { Settings } from '../../../settings/schema.ts'
import type { Channel, Log } from '../../channel.ts'
import { createEslDialler, eslDefaults } from './esl.ts'
import { createIvrChannel, type IvrSettings, ivrDefaults } from './ivr.ts'

/**
 * Calls as the settings say, through a FreeSWITCH.
 * @throws CodedError KM_SETTINGS_INVALID: the settings don't fit together; KM_ESL_URL
 */
export function openIvrChannel(settings: Settings['ivr'], clock: Clock, log: Log): Channel {
  if (settings.url === '') throw new CodedError('KM_SETTINGS_INVALID', "ivr.channel is 'esl', but ivr.url is not set")
  const own = ivrSettings(settings)
  const dialler = createEslDialler(
    {
      ...eslDefaults,
      url: settings.url,
      dial: settings.dial,
      callerId: settings.caller_id,
      prompts: settings.prompts,
      wrongKey: settings.wrong_key,
      speech: { engine: settings.speech_engine, voice: settings.speech_voice },
    },
    log,
  )
  return createIvrChannel(own, dialler, clock, log)
}

/** What of the settings is the same for whatever calls. @throws CodedError KM_SETTINGS_INVALID: the settings don't fit together */
export function ivrSettings(settings: Settings['ivr']): IvrSettings {
  const { keys } = settings
  const pressed = Object.values(keys).filter((key) => key !== '')
  if (pressed.length === 0) throw new CodedError('KM_SETTINGS_INVALID', 'ivr.keys: no key means anything')
  if (new Set(pressed).size < pressed.length)
    throw new CodedError('KM_SETTINGS_INVALID', 'ivr.keys: one key means two things')
  if ((keys.agent === '') !== (settings.agent === '')) {
    throw new CodedError('KM_SETTINGS_INVALID', 'ivr.keys.agent and ivr.agent go together: set both or none')
  }
  return {
    ...ivrDefaults,
    lines: settings.lines,
    perSecond: settings.per_second,
    ringMs: settings.ring_ms,
    callMaxMs: settings.call_max_ms,
    times: settings.times,
    keyWaitMs: settings.key_wait_ms,
    agent: settings.agent,
    keys: {
      accepted: keys.accept,
      refused: keys.refuse,
      'call-back': keys.call_back,
      'opted-out': keys.stop,
      agent: keys.agent,
    },
  }
}
