import { expect, test } from 'vitest'
import { openIvrChannel } from '../../services/deliver/adapters/ivr/open-ivr.ts'
import { wallClock } from '../../services/flow/clock.ts'
import { loadSettings } from '../../services/settings/load.ts'
import { captureLog } from './sender-under-test.ts'

const given = { KEYMOMENT_IVR_CHANNEL: 'esl', KEYMOMENT_IVR_URL: 'esl://:geheim@127.0.0.1:8021' }

test.each([
  ['no switch', { KEYMOMENT_IVR_URL: '' }, 'KM_SETTINGS_INVALID', 'ivr.url is not set'],
  [
    'a URL of another kind',
    { KEYMOMENT_IVR_URL: 'http://x:geheim@y' },
    'KM_SETTINGS_INVALID',
    'esl://:password@host:port',
  ],
  ['one key for two things', { KEYMOMENT_IVR_KEYS_STOP: '1' }, 'KM_SETTINGS_INVALID', 'one key means two things'],
  ['a key that is none', { KEYMOMENT_IVR_KEYS_STOP: '#' }, 'KM_SETTINGS_INVALID', 'ivr.keys.stop'],
  ['an agent without a key', { KEYMOMENT_IVR_AGENT: '8000' }, 'KM_SETTINGS_INVALID', 'ivr.agent go together'],
  [
    'a number to dial without a place for it',
    { KEYMOMENT_IVR_DIAL: 'sofia/gateway/x' },
    'KM_SETTINGS_INVALID',
    'ivr.dial',
  ],
  ['variables in what is dialled', { KEYMOMENT_IVR_DIAL: '{a=b}x/{number}' }, 'KM_SETTINGS_INVALID', 'ivr.dial'],
])('%s is refused at the start', async (_, changes, code, words) => {
  const opening = async () =>
    openIvrChannel((await loadSettings(undefined, { ...given, ...changes })).ivr, wallClock, captureLog().log)
  await expect(opening()).rejects.toMatchObject({ code, message: expect.stringContaining(words) })
  await expect(opening()).rejects.not.toThrow(/geheim/)
})

test('what is given is a channel with as many places as lines', async () => {
  const { ivr } = await loadSettings(undefined, { ...given, KEYMOMENT_IVR_LINES: '3' })
  const channel = openIvrChannel(ivr, wallClock, captureLog().log)
  expect(channel).toMatchObject({ provider: 'ivr', width: 3 })
  expect(channel.health()).toMatchObject({ ready: false, outstanding: 0 })
})
